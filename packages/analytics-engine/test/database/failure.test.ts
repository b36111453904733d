import { expect, test } from 'vitest';
import { engineErrorOf } from '../../src/database/failure.ts';
import type { Task } from '../../src/database/messages.ts';

test.each<[Task['kind'], number | undefined, string, string, number]>([
  ['query', 159, 'Timeout exceeded', 'QUERY_TIMEOUT', 408],
  ['query', 241, 'Memory limit', 'DATABASE_EXHAUSTED', 503],
  ['insert', 243, 'Cannot reserve, not enough space', 'DATABASE_EXHAUSTED', 503],
  ['query', 396, 'Limit for result', 'RESULT_TOO_LARGE', 413],
  ['query', 36, 'Cannot load time zone', 'QUERY_REFUSED', 400],
  ['query', undefined, 'No active connection', 'QUERY_FAILED', 500],
  ['insert', 41, 'while pushing to view default.mv_hits', 'VIEW_REFUSED_ROWS', 409],
  ['insert', 27, 'Cannot parse input (at row 2)', 'TABLE_REFUSED_ROWS', 400],
  ['insert', 1000, 'Poco exception', 'QUERY_FAILED', 500],
  ['execute', 62, 'Syntax error', 'QUERY_FAILED', 500],
])('%s refused with %s, "%s", is %s', (kind, clickhouseCode, message, code, status) => {
  const failure = { message, ...(clickhouseCode && { clickhouseCode }) };
  expect(engineErrorOf(failure, kind)).toMatchObject({ code, status });
});

test('what a view refuses before any table has it is refused as a whole', () => {
  const failure = { message: 'Convert overflow: while pushing to view trial.mv_hits' };
  const inTrial = { ...failure, clickhouseCode: 407, isTrial: true };
  expect(engineErrorOf(inTrial, 'insert')).toMatchObject({
    code: 'VIEW_WOULD_REFUSE',
    status: 400,
  });
  const full = { ...inTrial, clickhouseCode: 241 };
  expect(engineErrorOf(full, 'insert')).toMatchObject({ code: 'DATABASE_EXHAUSTED', status: 503 });
});

test('a message that repeats a long query is cut', () => {
  expect(engineErrorOf({ message: 'x'.repeat(9_000) }, 'query').message).toHaveLength(500);
});
