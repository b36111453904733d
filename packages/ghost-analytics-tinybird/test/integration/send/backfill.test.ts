import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTinybirdEvents } from '@prosora/service';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Cloud, startCloud } from '../../fixtures/cloud.ts';
import { COMMAND, runVerb } from '../../fixtures/collector-process.ts';
import { SITE } from '../../fixtures/hits.ts';
import { freshDir } from '../../fixtures/running-collector.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.reset());
afterAll(() => cloud[Symbol.asyncDispose]());

/** Rows as the engine's `export` writes them. */
const exported = (count: number) =>
  Array.from({ length: count }, (_, number) =>
    JSON.stringify({
      timestamp: '2026-09-01 10:00:00',
      session_id: 'visitor',
      action: 'page_hit',
      version: '1',
      payload: JSON.stringify({ event_id: `old-${number}`, site_uuid: SITE, pathname: '/' }),
      site_uuid: SITE,
      inserted_at: '2026-09-01 10:00:01.000',
    }),
  );

function exportFile(rows: readonly string[], name = 'analytics_events.ndjson'): string {
  const file = join(freshDir(), name);
  const text = `${rows.join('\n')}\n`;
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

test.each(['analytics_events.ndjson', 'analytics_events.ndjson.gz'])(
  'an export of the engine goes to the cloud and is counted there: %s',
  async (name) => {
    const env = await cloud.env();
    cloud.tinybird.faults.set([
      { match: { path: '/v0/events', times: 2 }, fault: { status: 503 } },
    ]);
    const sent = await runVerb(env, ['backfill', exportFile(exported(5_000), name)]);
    expect([sent.code, sent.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^5000 lines, 5000 rows taken, 0 in quarantine\nanalytics_events had 0 rows up to .* UTC and has 5000 now: 5000 more\n$/,
      ),
    ]);
    expect(cloud.rowsThere().at(-1)).toEqual({
      timestamp: '2026-09-01 10:00:00',
      session_id: 'visitor',
      action: 'page_hit',
      version: '1',
      payload: { event_id: 'old-4999', site_uuid: SITE, pathname: '/' },
    });
  },
);

test('page views that come meanwhile do not make up for rows that are missing', async () => {
  const env = await cloud.env();
  cloud.tinybird.faults.set([
    // Says that it has all, and has nothing.
    {
      match: { path: '/v0/events', times: 1 },
      fault: { status: 200, body: { successful_rows: 10, quarantined_rows: 0 } },
    },
    { match: { path: '/v0/sql', after: 1 }, fault: { latencyMs: 1_000 } },
  ]);
  const sending = runVerb(env, ['backfill', exportFile(exported(10))]);
  await vi.waitUntil(() => cloud.tinybird.requests.list(/v0\/events/).length === 1, {
    timeout: 20_000,
  });
  const live = exported(20).map((row) => ({
    ...JSON.parse(row),
    payload: { site_uuid: SITE },
    timestamp: '2099-01-01 00:00:00',
  }));
  await createTinybirdEvents({
    url: cloud.tinybird.url,
    token: env.TINYBIRD_TRACKER_TOKEN,
    datasource: 'analytics_events',
    timeoutMs: 10_000,
  }).send(live.map((row) => JSON.stringify(row)).join('\n'));
  const sent = await sending;
  expect(cloud.rowsThere()).toHaveLength(20);
  expect([sent.code, sent.stdout]).toEqual([
    1,
    expect.stringMatching(/had 0 rows up to .* UTC and has 0 now: 10 rows are missing\n$/),
  ]);
});

test('a backfill that was broken off goes on where it was, and one that is done sends nothing', async () => {
  const env = await cloud.env();
  const file = exportFile(exported(12_000));
  cloud.tinybird.faults.set([{ match: { path: '/v0/events', after: 1 }, fault: { status: 403 } }]);
  const first = await runVerb(env, ['backfill', file]);
  expect([first.code, first.stderr]).toEqual([1, expect.stringMatching(/is not taken: 403/)]);
  const before = cloud.rowsThere().length;
  expect(before).toBeGreaterThan(0);
  cloud.tinybird.faults.clear();
  for (let runs = 0; runs < 2; runs += 1) {
    expect((await runVerb(env, ['backfill', file])).code).toBe(0);
  }
  const ids = (cloud.rowsThere() as { payload: { event_id: string } }[]).map(
    (row) => row.payload.event_id,
  );
  expect([ids.length, new Set(ids).size]).toEqual([12_000, 12_000]);
});

test('a batch whose answer was lost is looked for before it is sent again', async () => {
  const env = await cloud.env();
  cloud.tinybird.faults.set([
    { match: { path: '/v0/events', times: 1 }, fault: { dropAfterAccept: true } },
  ]);
  const sent = await runVerb(env, ['backfill', exportFile(exported(10))]);
  expect([sent.code, sent.stdout]).toEqual([
    0,
    expect.stringMatching(/had 0 rows up to .* UTC and has 10 now: 10 more\n$/),
  ]);
  expect(cloud.rowsThere()).toHaveLength(10);
});

test('a backfill killed before it heard of a batch neither doubles nor loses it', async () => {
  const env = await cloud.env();
  const file = exportFile(exported(12_000));
  // Nothing is known of the second batch, nor is the count to be had.
  cloud.tinybird.faults.set([
    { match: { path: '/v0/events', after: 1, times: 1 }, fault: { dropAfterAccept: true } },
    { match: { path: '/v0/sql', after: 1 }, fault: { status: 503 } },
    { match: { path: '/v0/events', after: 1 }, fault: { status: 503 } },
  ]);
  const child = spawn(process.execPath, [...COMMAND, 'backfill', file], {
    env: { ...process.env, ...env },
  });
  await vi.waitUntil(() => cloud.tinybird.requests.list(/v0\/events/).length === 2, {
    timeout: 20_000,
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  cloud.tinybird.faults.clear();
  const again = await runVerb(env, ['backfill', file]);
  expect([again.code, again.stdout]).toEqual([
    0,
    expect.stringMatching(/had 0 rows up to .* UTC and has 12000 now: 12000 more\n$/),
  ]);
  const ids = (cloud.rowsThere() as { payload: { event_id: string } }[]).map(
    (row) => row.payload.event_id,
  );
  expect([ids.length, new Set(ids).size]).toEqual([12_000, 12_000]);
});

test('rows that went into quarantine unheard are not sent again', async () => {
  const env = await cloud.env();
  const rows = exported(40);
  const unfit = JSON.stringify({ ...JSON.parse(rows[7] ?? ''), timestamp: 'never' });
  const file = exportFile(rows.with(7, unfit));
  cloud.tinybird.faults.set([
    { match: { path: '/v0/events', times: 1 }, fault: { dropAfterAccept: true } },
  ]);
  const sent = await runVerb(env, ['backfill', file]);
  expect(sent.stdout).toMatch(/^40 lines, 39 rows taken, 1 in quarantine\n/);
  expect([cloud.rowsThere().length, cloud.tinybird.quarantine('analytics_events').length]).toEqual([
    39, 1,
  ]);
});

test('a file that is no export is told by its line', async () => {
  const file = exportFile([...exported(1), '{"not":"a row"']);
  const sent = await runVerb(await cloud.env(), ['backfill', file]);
  expect([sent.code, sent.stderr]).toEqual([1, 'Line 2 is no row of analytics_events.\n']);
});
