import { expect, test } from 'vitest';
import { examineStaging } from '../../src/doctor/examine-staging.ts';
import type { StagingNotes } from '../../src/staging/staging-notes.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
const UP = { state: 'up', run: 'one', port: 2369, ghost: undefined } as const;

test.each<[string, StagingNotes | undefined, string[]]>([
  ['without one nothing is said', undefined, []],
  [
    'one of today is well',
    { ...UP, since: '2026-11-29T09:00:00Z' },
    ['ok A copy of the site is up at http://127.0.0.1:2369/.'],
  ],
  [
    'a forgotten one takes memory',
    { ...UP, since: '2026-11-20T09:00:00Z' },
    ['warn A copy of the site has been up for 9 days, and takes memory.'],
  ],
  [
    'half of one is told of',
    { ...UP, since: '2026-11-29T09:00:00Z', state: 'coming' },
    ['warn A run is at it, or was killed and left half of it.'],
  ],
])('%s', (_, notes, said) => {
  const findings = [...examineStaging(notes, NOW)];
  expect(findings.map(({ status, sentence }) => `${status} ${sentence}`)).toEqual(said);
});
