import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestEngine, type TestEngine } from '../fixtures/test-engine.ts';

const SLOW = 'SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))';
const LARGE = 'SELECT number FROM numbers(1000000)';
/** Its first block of rows is written before it fails. */
const FAILS_MID_OUTPUT = 'SELECT number, throwIf(number = 90000) AS thrown FROM numbers(95000)';

let folder: string;
let engine: TestEngine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prosora-limits-'));
  const endpoints = {
    slow: SLOW,
    large: LARGE,
    fails: FAILS_MID_OUTPUT,
    nap: 'SELECT sleep(0.1) AS slept',
    three: 'SELECT number FROM numbers(3)',
  };
  for (const [name, sql] of Object.entries(endpoints)) {
    const pipe = `NODE answer\nSQL >\n  ${sql}\nTYPE ENDPOINT\n`;
    writeFileSync(join(folder, `${name}.pipe`), pipe);
  }
  writeFileSync(
    join(folder, 'things.datasource'),
    'SCHEMA >\n  `name` String `json:$.name`\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "name"\n',
  );
  engine = await startTestEngine({
    PROSORA_ENGINE_DATAFILES: folder,
    PROSORA_ENGINE_MAX_QUERY_SECONDS: '2',
    PROSORA_ENGINE_MEMORY_LIMIT_MB: '512',
  });
});

afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

test.each([
  ['too much time', SLOW, 'QUERY_TIMEOUT', 408],
  [
    'too much memory',
    'SELECT groupArray(repeat(toString(number), 100)) FROM numbers(100000000)',
    'DATABASE_EXHAUSTED',
    503,
  ],
  ['too many rows', LARGE, 'RESULT_TOO_LARGE', 413],
])('a query for %s is refused and the database lives on', async (_, sql, code, status) => {
  const { pid } = engine.database;
  await expect(engine.database.query(sql)).rejects.toMatchObject({ code, status });
  expect(await engine.count('SELECT 1')).toBe(1);
  expect(engine.database.pid).toBe(pid);
});

test.each([
  [408, 'that takes too long', 'slow'],
  [413, 'with too large a result', 'large'],
])('a client sees %i for a pipe %s, in the shape of Tinybird', async (status, _, pipe) => {
  const answer = await engine.ask(pipe);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, null]);
  expect(await answer.json()).toEqual({
    error: expect.any(String),
    documentation: expect.stringContaining('tinybird.co'),
  });
});

/** An answer of `three` without what differs from one time to the next. */
const threeNumbers = async (): Promise<string> => {
  const text = await (await engine.ask('three')).text();
  return text.replace(/"statistics":[\s\S]*/, '');
};

test('an answer holds nothing of one that failed while it was written', async () => {
  const before = await threeNumbers();
  expect(JSON.parse(`${before}"end":1}`).data).toHaveLength(3);
  for (let round = 0; round < 6; round += 1) {
    const failed = await engine.ask('fails');
    expect([failed.status, await failed.text()]).toEqual([400, expect.stringContaining('throwIf')]);
    expect(await threeNumbers()).toBe(before);
  }
});

describe('what is beyond the queue', () => {
  /** Statuses by how often they came; a refusal says when to come again. */
  async function statusesOf(requests: Promise<Response>[]): Promise<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const answer of await Promise.all(requests)) {
      await answer.arrayBuffer();
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
      expect(answer.headers.get('retry-after')).toBe(answer.status === 429 ? '1' : null);
    }
    return counts;
  }

  test('of queries is answered 429, and the rest 200', async () => {
    const counts = await statusesOf(Array.from({ length: 150 }, () => engine.ask('nap')));
    expect(Object.keys(counts)).toEqual(['200', '429']);
    // So little memory lets one query run at a time.
    expect(counts[200]).toBeGreaterThanOrEqual(1 + 64);
  });

  test('of batches is answered 429 and not written, and the rest is', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `thing-${index}`);
    const counts = await statusesOf(
      names.map((name) => engine.send('things', JSON.stringify({ name }))),
    );
    expect(Object.keys(counts)).toEqual(['200', '429']);
    expect(counts[200]).toBeGreaterThanOrEqual(1 + 16);
    expect(await engine.count('SELECT count() FROM things')).toBe(counts[200]);
  });
});

test('memory goes back ten seconds after the last request, also while metrics are read', async () => {
  /** How often ClickHouse gave back what its allocator held. */
  const purges = async (): Promise<number> => {
    const answer = await engine.database.query(
      "SELECT sum(value) AS times FROM system.events WHERE event = 'MemoryAllocatorPurge'",
      { isGlance: true },
    );
    return JSON.parse(answer.toString()).data[0].times;
  };
  await engine.ask('three');
  const before = await purges();
  await vi.waitUntil(
    async () => {
      await (await fetch(`${engine.privateUrl}/metrics`)).text();
      return (await purges()) > before;
    },
    { timeout: 40_000, interval: 500 },
  );
});
