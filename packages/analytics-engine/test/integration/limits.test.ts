import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestEngine, type TestEngine } from './test-engine.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine({
    PROSORA_ENGINE_MAX_QUERY_SECONDS: '3',
    PROSORA_ENGINE_MEMORY_LIMIT_MB: '512',
  });
});

afterAll(() => engine.close());

test.each([
  [
    'too much time',
    'SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))',
    'QUERY_TIMEOUT',
    408,
  ],
  [
    'too much memory',
    'SELECT groupArray(repeat(toString(number), 100)) FROM numbers(100000000)',
    'DATABASE_EXHAUSTED',
    503,
  ],
  ['too many rows', 'SELECT number FROM numbers(1000000)', 'RESULT_TOO_LARGE', 413],
])('a query for %s is refused and the database lives on', async (_, sql, code, status) => {
  const { pid } = engine.database;
  await expect(engine.database.query(sql)).rejects.toMatchObject({ code, status });
  expect(await engine.count('SELECT 1')).toBe(1);
  expect(engine.database.pid).toBe(pid);
});
