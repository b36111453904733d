import { fail, ok, warn } from '@prosora/service';
import { expect, test } from 'vitest';
import { leftOpen, notesOf } from '../../src/drill/drill-notes.ts';
import { outcomeOf } from '../../src/ops/run-job.ts';

const BACKUP = { run: 'one', at: '2026-11-29T04:45:00.000Z' };
const WELL = [ok('database', 'So it is.')];
const SHORT = [...WELL, warn('ghost', 'Not started, for want of memory.')];
const BAD = [...WELL, fail('ghost', 'It does not start.')];

test('what failed stays noted, and said, until a drill shows as much as the one that failed', () => {
  const noted = notesOf(BACKUP, BAD);
  expect(noted).toEqual({ drillFailure: 'It does not start.' });
  expect({ ...noted, ...notesOf(BACKUP, SHORT) }).toMatchObject(noted);
  const left = leftOpen(SHORT, noted);
  expect(left).toMatchObject([
    { name: 'last drill', status: 'fail', sentence: noted.drillFailure },
  ]);
  // People are told what a job says.
  const printed = JSON.stringify({ run: 'one', findings: [...SHORT, ...left] });
  expect(outcomeOf(1, printed).failure).toBe('It does not start.');
});

test('nothing is left of a failure where all is proven, where there was none, or beside another', () => {
  const noted = notesOf(BACKUP, BAD);
  expect(leftOpen(WELL, noted)).toEqual([]);
  expect(notesOf(BACKUP, WELL)).toMatchObject({ proven: BACKUP, drillFailure: undefined });
  expect(leftOpen(SHORT, {})).toEqual([]);
  expect(leftOpen(BAD, noted)).toEqual([]);
});
