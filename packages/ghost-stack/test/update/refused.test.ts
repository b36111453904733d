import { expect, test } from 'vitest';
import { refusedIn, type Update } from '../../src/update/update-notes.ts';

const ended = (digest: string, how: Partial<Update>): Update => ({
  number: 1,
  beganAt: '2026-11-30T04:15:00Z',
  step: 'watching',
  changes: [
    { reference: 'r', former: 'a', next: 'b', digest, services: ['ghost'], from: 'a', to: 'b' },
  ],
  settings: {},
  endedAt: '2026-11-30T04:30:00Z',
  ...how,
});

test('what failed is not taken again by itself, and what was only interrupted is', () => {
  const updates = [
    ended('dies', { outcome: 'undone' }),
    ended('does not come up', { outcome: 'undone', code: 'NOT_HEALTHY' }),
    ended('fails where nobody sees it', { outcome: 'refused', code: 'REHEARSAL_FAILED' }),
    ended('met a newsletter', { outcome: 'undone', code: 'BUSY' }),
    ended('met a power cut', { outcome: 'undone', code: 'CUT_OFF' }),
    ended('met a full disk', { outcome: 'refused', code: 'DOCKER' }),
    ended('is in place', { outcome: 'taken' }),
  ];
  expect([...refusedIn(updates)]).toEqual([
    'dies',
    'does not come up',
    'fails where nobody sees it',
  ]);
});
