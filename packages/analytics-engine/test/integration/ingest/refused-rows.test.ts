import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { HIT_COUNTS, pageHit, pageHits } from '../../fixtures/hits.ts';
import { startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

let engine: TestEngine;

beforeAll(async () => {
  // Rows of 1970 stay, however long this takes.
  engine = await startTestEngine({ PROSORA_ENGINE_RETENTION_MONTHS: '0' });
});
afterAll(async () => {
  await engine.close();
});

const { soak, seed } = inject('proof');
const ROWS = soak ? 2_000 : 300;
const BATCH = soak ? 250 : 60;

async function counts(): Promise<number[]> {
  return await Promise.all(Object.values(HIT_COUNTS).map((sql) => engine.count(sql)));
}

/** Beyond what `toUnixTimestamp` in Ghost's mv_hits can hold. */
const LATE = { received_timestamp: '2106-02-07T06:28:16.000Z' };

function hitWith(index: number, payload: Record<string, unknown>, values = {}): string {
  const hit = JSON.parse(pageHit(index, values));
  return JSON.stringify({ ...hit, payload: { ...hit.payload, ...payload } });
}

/** Sends a batch as the collector does: halved while it is refused, each half under its own range. */
async function sendHalving(
  rows: readonly string[],
  from: number,
): Promise<{ taken: number; dead: string[] }> {
  const to = from + rows.length;
  const answer = await engine.send('analytics_events', rows.join('\n'), {
    'prosora-batch': `refused:${from}-${to}`,
  });
  if (answer.ok) {
    const { successful_rows } = (await answer.json()) as { successful_rows: number };
    return { taken: successful_rows, dead: [] };
  }
  expect(answer.status).toBe(400);
  if (rows.length === 1) return { taken: 0, dead: [...rows] };
  const half = Math.ceil(rows.length / 2);
  const first = await sendHalving(rows.slice(0, half), from);
  const second = await sendHalving(rows.slice(half), from + half);
  return { taken: first.taken + second.taken, dead: [...first.dead, ...second.dead] };
}

test('one row that a view cannot take costs no other row its place in the charts', async () => {
  const before = await counts();
  const bad = hitWith(25, { meta: LATE });
  const rows = pageHits(0, 50).split('\n').with(25, bad);
  expect(await sendHalving(rows, 0)).toEqual({ taken: 49, dead: [bad] });
  expect(await counts()).toEqual(before.map((count) => count + 49));
  // An answer that was lost: the same parts again.
  await sendHalving(rows, 0);
  expect(await counts()).toEqual(before.map((count) => count + 49));
});

test('a batch that a view cannot take is refused as a whole after a crash as well', async () => {
  const before = await counts();
  const batch = { 'prosora-batch': 'crash:0-2' };
  const rows = [pageHit(900), hitWith(901, { meta: LATE })].join('\n');
  const sending = engine.send('analytics_events', rows, batch);
  const { pid } = engine.database;
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  await sending;
  await expect.poll(() => engine.database.isReady, { timeout: 30_000 }).toBe(true);
  expect(await counts()).toEqual(before);
});

const word = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constant('\u0000'));
const iso = (arbitrary: fc.Arbitrary<Date>) => arbitrary.map((date) => date.toISOString());
const within = fc.date({
  min: new Date(0),
  max: new Date('2106-02-07T06:28:15Z'),
  noInvalidDate: true,
});
const timeText = fc.oneof(
  { weight: 8, arbitrary: iso(within) },
  iso(fc.date({ noInvalidDate: true })),
  fc.maxSafeInteger(),
  word,
  fc.constant(null),
);
/** Anything in the places that Ghost's views read, and the columns over the limits of their types. */
const hit = fc.record({
  index: fc.nat(100_000),
  values: fc.record(
    {
      timestamp: timeText,
      inserted_at: timeText,
      session_id: fc.oneof(word, fc.maxSafeInteger()),
      version: word,
    },
    { requiredKeys: [] },
  ),
  payload: fc.record(
    {
      site_uuid: fc.oneof(fc.uuid(), word),
      meta: fc.oneof(fc.record({ received_timestamp: timeText, referrerSource: word }), word),
      pathname: fc.oneof(word, fc.jsonValue()),
      href: fc.oneof(fc.webUrl(), word),
      referrerSource: fc.oneof(fc.domain(), word),
      'user-agent': word,
      post_uuid: word,
      member_status: fc.jsonValue(),
      utm_source: fc.oneof(word, fc.constant(null)),
    },
    { requiredKeys: [] },
  ),
});

test(`each of ${ROWS} rows over the limits of the types is in every view, or in none and no table`, async () => {
  const before = await counts();
  const rows = fc
    .sample(hit, { numRuns: ROWS, seed })
    .map(({ index, values, payload }) => hitWith(index, payload, values));
  let taken = 0;
  let dead = 0;
  for (let from = 0; from < rows.length; from += BATCH) {
    const sent = await sendHalving(rows.slice(from, from + BATCH), 10_000 + from);
    taken += sent.taken;
    dead += sent.dead.length;
  }
  expect(await counts()).toEqual(before.map((count) => count + taken));
  expect(taken).toBeGreaterThan(ROWS / 4);
  expect(dead).toBeLessThan(ROWS / 4);
}, 300_000);
