import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HIT_COUNTS, pageHit, pageHits } from '../../fixtures/hits.ts';
import { ADMIN_TOKEN, startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

let engine: TestEngine;
const TRACKER_TOKEN = 'tracker-token-of-this-test';

beforeAll(async () => {
  engine = await startTestEngine({
    PROSORA_ENGINE_TRACKER_TOKEN: TRACKER_TOKEN,
    // Rows of ten years ago stay, however long this takes.
    PROSORA_ENGINE_RETENTION_MONTHS: '0',
  });
});

afterAll(() => engine.close());

async function counts(): Promise<Record<string, number>> {
  const entries = Object.entries(HIT_COUNTS).map(async ([name, sql]) => [
    name,
    await engine.count(sql),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

/** What each count grows by while `work` runs. */
async function growth(work: () => Promise<unknown>): Promise<number[]> {
  const before = await counts();
  await work();
  const after = await counts();
  return Object.keys(HIT_COUNTS).map((name) => (after[name] ?? 0) - (before[name] ?? 0));
}

describe('events', () => {
  test('are counted in the source and in every view', async () => {
    expect(await growth(() => engine.send('analytics_events', pageHits(0, 7)))).toEqual([
      7, 7, 7, 7,
    ]);
  });

  test('are answered 202, or 200 to who waits', async () => {
    const url = `${engine.url}/v0/events?name=analytics_events&token=${TRACKER_TOKEN}`;
    const post = (query: string) => fetch(url + query, { method: 'POST', body: pageHit(1) });
    expect((await post('')).status).toBe(202);
    const waited = await post('&wait=true');
    expect(waited.status).toBe(200);
    expect(await waited.json()).toEqual({ successful_rows: 1, quarantined_rows: 0 });
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('may come compressed by %s', async (encoding, compress) => {
    const body = compress(pageHits(10, 15));
    const answer = await engine.send('analytics_events', body, { 'content-encoding': encoding });
    expect(await answer.json()).toEqual({ successful_rows: 5, quarantined_rows: 0 });
  });

  test('of one bad row among good ones set that one aside', async () => {
    const bad = pageHit(3, { timestamp: 'yesterday' });
    const added = await growth(async () => {
      const answer = await engine.send('analytics_events', `${pageHit(1)}\n${bad}\n${pageHit(2)}`);
      expect(await answer.json()).toEqual({ successful_rows: 2, quarantined_rows: 1 });
    });
    expect(added).toEqual([2, 2, 2, 2]);
    const [row] = await engine.rows('SELECT column, reason, row FROM analytics_events_quarantine');
    expect(row).toEqual({ column: 'timestamp', reason: 'not a DateTime', row: bad });
  });

  test.each([
    ['NUL and emoji', 'a\u0000b\u{1f600}'],
    ['half a surrogate pair', 'a\ud800b'],
    ['quotes and backslashes', `'"\\ \\' \\u0000`],
    ['a long text', 'x'.repeat(100_000)],
  ])('with %s in a text do not fail their batch', async (_, text) => {
    const odd = pageHit(4, { session_id: text });
    expect(await growth(() => engine.send('analytics_events', `${odd}\n${pageHit(5)}`))).toEqual([
      2, 2, 2, 2,
    ]);
  });
});

describe('a batch', () => {
  const named = (name: string, body = pageHits(100, 110)) =>
    engine.send('analytics_events', body, { 'prosora-batch': name });

  test('with a name counts once however often it comes', async () => {
    const added = await growth(async () => {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await (await named('spool-1:0-10')).json()).toMatchObject({ successful_rows: 10 });
      }
    });
    expect(added).toEqual([10, 10, 10, 10]);
  });

  test('with the same rows and another name counts again', async () => {
    expect(await growth(() => named('spool-1:10-20'))).toEqual([10, 10, 10, 10]);
  });

  test('without a name counts each time', async () => {
    const send = () => engine.send('analytics_events', pageHits(100, 110));
    expect(await growth(async () => [await send(), await send()])).toEqual([20, 20, 20, 20]);
  });

  test('of 10,000 rows in three months counts once when it comes twice', async () => {
    const body = Array.from({ length: 10_000 }, (_, index) => {
      const month = 4 + (index % 3);
      return pageHit(index, { timestamp: `2026-0${month}-15T00:00:00.000Z` });
    }).join('\n');
    const added = await growth(async () => [
      await named('big:0', body),
      await named('big:0', body),
    ]);
    expect(added).toEqual([10_000, 10_000, 10_000, 10_000]);
  });

  test('of ten years is taken, though each month is a part of its own', async () => {
    const body = Array.from({ length: 120 }, (_, month) =>
      pageHit(month, { timestamp: new Date(Date.UTC(2016, month, 15)).toISOString() }),
    ).join('\n');
    expect(await growth(async () => [await named('decade:0', body)])).toEqual([120, 120, 120, 120]);
  });

  test('sets the same rows aside once', async () => {
    const count = () => engine.count('SELECT count() FROM analytics_events_quarantine');
    const before = await count();
    await named('spool-1:20-21', 'not json');
    await named('spool-1:20-21', 'not json');
    expect(await count()).toBe(before + 1);
  });
});

describe('a request is refused', () => {
  const post = (query: string, init: RequestInit = {}) =>
    fetch(`${engine.url}/v0/events?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      body: pageHit(1),
      ...init,
    });

  test.each<[number, string, () => Promise<Response>]>([
    [404, 'for a datasource that does not exist', () => post('name=nothing')],
    [400, 'for one that only views write to', () => post('name=_mv_hits')],
    [400, 'without a row', () => post('name=analytics_events', { body: '\n\n' })],
    [
      400,
      'with a batch name of odd characters',
      () => engine.send('analytics_events', pageHit(1), { 'prosora-batch': "x' y" }),
    ],
    [403, 'without a token', () => post('name=analytics_events', { headers: {} })],
    [413, 'above 10 MB', () => post('name=analytics_events', { body: 'x'.repeat(10_000_001) })],
    [
      413,
      'above 10 MB once unpacked',
      () =>
        engine.send('analytics_events', gzipSync('x'.repeat(10_000_001)), {
          'content-encoding': 'gzip',
        }),
    ],
    [
      400,
      'with a body that is not compressed as it says',
      () => engine.send('analytics_events', pageHit(1), { 'content-encoding': 'gzip' }),
    ],
    [
      404,
      'with SQL',
      () =>
        fetch(`${engine.url}/v0/sql?q=SELECT%201`, {
          headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
        }),
    ],
  ])('%i %s, in the shape of Tinybird', async (status, _, request) => {
    const answer = await request();
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({
      error: expect.any(String),
      documentation: expect.stringContaining('tinybird.co'),
    });
  });

  test('400 when a view cannot take a row, and no table has any of the batch', async () => {
    const row = {
      site_uuid: 'bd05ceed-1df9-4af7-832a-d3b5faa7ca1d',
      id: 'run',
      updated_at: '2026-01-01T00:00:00.000Z',
      payload: { automation_id: 'a', created_at: 'not a time' },
    };
    const good = { ...row, id: 'good', payload: { ...row.payload, created_at: row.updated_at } };
    const before = await engine.count('SELECT count() FROM automation_run_events');
    const ndjson = [good, row].map((each) => JSON.stringify(each)).join('\n');
    const answer = await engine.send('automation_run_events', ndjson);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('pushing to view');
    expect(await engine.count('SELECT count() FROM automation_run_events')).toBe(before);
  });
});
