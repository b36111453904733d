import { expect, test } from 'vitest';
import { tellUpdates } from '../../src/ops/tell-updates.ts';
import { opsOperations } from '../../src/services/ops-operations.ts';
import type { Update } from '../../src/update/update-notes.ts';

const change = { reference: 'ghost:6', former: 'sha256:a', next: 'sha256:b', services: ['ghost'] };
const failed = {
  name: 'front page',
  status: 'fail',
  sentence: 'It is answered with 500.',
} as const;
const update = (number: number, more: Partial<Update>): Update => ({
  number,
  beganAt: '2026-11-29T04:15:00.000Z',
  step: 'rehearsing',
  changes: [{ ...change, from: 'ghost 6.65.0', to: 'ghost 6.70.0' }],
  settings: {},
  ...more,
});

test('updates are listed from the newest on, with what the rehearsal found and why one failed', () => {
  const reason = 'front page: It is answered with 500.';
  const items = tellUpdates([
    update(1, { rehearsal: { bootMs: 9, migrates: false } }),
    update(2, {
      endedAt: '2026-11-29T04:20:00.000Z',
      outcome: 'refused',
      reason,
      rehearsal: { bootMs: 9_000, migrates: true, findings: [failed] },
    }),
  ]);
  expect(items).toMatchObject([
    {
      number: 2,
      outcome: 'refused',
      reason,
      rehearsal: { migrates: true, findings: [failed] },
      words: [
        'Update 2 was not taken; the site was not touched.',
        reason,
        'ghost: ghost 6.65.0 → ghost 6.70.0',
        'It took 5 min.',
      ],
    },
    // Of an earlier version of the command, and not ended.
    { number: 1, outcome: null, endedAt: null, rehearsal: { findings: [] } },
  ]);
  expect(opsOperations.updates.output.parse({ items })).toEqual({ items });
});
