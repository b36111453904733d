import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { installGhost } from '@prosora/ghost-local';
import { type Sandbox, startSandbox } from '@prosora/sandbox';
import { createTinybirdEvents } from '@prosora/service';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { FROM_SOURCE, runVerb } from '../fixtures/collector-process.ts';
import { SITE } from '../fixtures/hits.ts';
import {
  collectorEnv,
  freshDir,
  metric,
  postHit,
  startTestCollector,
} from '../fixtures/running-collector.ts';

let sandbox: Sandbox;
let ghostDir: string;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, dataDir: mkdtempSync(join(tmpdir(), 'cloud-')) });
  ghostDir = (await installGhost()).dir;
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const deployEnv = () => ({
  TINYBIRD_HOST: sandbox.tinybird.url,
  TINYBIRD_ADMIN_TOKEN: sandbox.tinybird.adminToken,
  GHOST_DIR: ghostDir,
  PROSORA_COLLECTOR_SITE_URL: 'https://blog.example.com/',
});
const rowsThere = () => sandbox.tinybird.rows('analytics_events');

/** The lines that `deploy` prints, as variables. */
async function deploy(args: string[] = []) {
  const { code, stdout, stderr } = await runVerb(deployEnv(), ['deploy', ...args]);
  const lines = stdout.split('\n').filter((line) => line.includes('=') && !line.startsWith('#'));
  const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  return { code, stdout, stderr, env: env as Record<string, string> };
}

test('one command brings the project to the cloud, and what it prints makes a collector that is heard', async () => {
  sandbox.tinybird.settings.set({ deployMs: 300 });
  const check = await deploy(['--check']);
  expect([check.code, check.stdout]).toEqual([
    0,
    '# The project would be taken; nothing was changed.\n',
  ]);
  const first = await deploy();
  expect([first.code, first.stdout.split('\n')[0]]).toEqual([
    0,
    '# Live: 51 new, 0 changed, 0 deleted.',
  ]);
  expect(first.env).toMatchObject({
    TINYBIRD_HOST: sandbox.tinybird.url,
    TINYBIRD_TRACKER_TOKEN: expect.stringMatching(/^p\./),
    tinybird__workspaceId: sandbox.tinybird.workspaceId,
    tinybird__adminToken: sandbox.tinybird.adminToken,
    tinybird__tracker__endpoint: 'https://blog.example.com/.ghost/analytics/api/v1/page_hit',
    tinybird__tracker__datasource: 'analytics_events',
    tinybird__stats__endpoint: 'https://blog.example.com/.ghost/analytics',
  });
  expect((await deploy()).stdout).toMatch(/^# The workspace has it already\.\n/);
  const { TINYBIRD_TRACKER_TOKEN = '' } = first.env;
  await using collector = await startTestCollector(
    collectorEnv(sandbox.tinybird.url, { TINYBIRD_TRACKER_TOKEN }),
  );
  await postHit(collector.url, { event_id: 'heard' });
  await vi.waitUntil(() => rowsThere().length === 1);
  expect(rowsThere()).toMatchObject([{ payload: { event_id: 'heard', site_uuid: SITE } }]);
});

test('a workspace without the token that hits need is told, and nothing to set is printed', async () => {
  sandbox.tinybird.faults.set([
    { match: { path: '/v0/tokens' }, fault: { status: 200, body: '{"tokens":[]}' } },
  ]);
  const { code, stdout, stderr } = await deploy();
  expect([code, stdout.includes('undefined')]).toEqual([1, false]);
  expect(stderr).toContain('has no token named tracker');
});

test('a project or token that is not taken is told by file, and nothing half is left', async () => {
  const missing = await runVerb({ TINYBIRD_HOST: sandbox.tinybird.url }, ['deploy']);
  expect(missing.stderr).toMatch(/TINYBIRD_ADMIN_TOKEN is required[\s\S]*GHOST_DIR is required/);
  const wrong = await runVerb({ ...deployEnv(), TINYBIRD_ADMIN_TOKEN: 'p.other' }, ['deploy']);
  expect([wrong.code, wrong.stderr]).toEqual([
    1,
    expect.stringMatching(/403.*Check TINYBIRD_HOST and TINYBIRD_ADMIN_TOKEN/s),
  ]);
  const nowhere = await runVerb({ ...deployEnv(), GHOST_DIR: tmpdir() }, ['deploy']);
  expect(nowhere.stderr).toContain(`There is no Tinybird project in ${tmpdir()}/core`);
});

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

async function cloudEnv() {
  const { env } = await deploy();
  return collectorEnv(sandbox.tinybird.url, {
    TINYBIRD_TRACKER_TOKEN: env['TINYBIRD_TRACKER_TOKEN'] ?? '',
    TINYBIRD_ADMIN_TOKEN: sandbox.tinybird.adminToken,
  });
}

test.each(['analytics_events.ndjson', 'analytics_events.ndjson.gz'])(
  'an export of the engine goes to the cloud and is counted there: %s',
  async (name) => {
    const env = await cloudEnv();
    sandbox.tinybird.faults.set([
      { match: { path: '/v0/events', times: 2 }, fault: { status: 503 } },
    ]);
    const sent = await runVerb(env, ['backfill', exportFile(exported(5_000), name)]);
    expect([sent.code, sent.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^5000 lines, 5000 rows taken, 0 in quarantine\nanalytics_events had 0 rows up to .* UTC and has 5000 now: 5000 more\n$/,
      ),
    ]);
    expect(rowsThere().at(-1)).toEqual({
      timestamp: '2026-09-01 10:00:00',
      session_id: 'visitor',
      action: 'page_hit',
      version: '1',
      payload: { event_id: 'old-4999', site_uuid: SITE, pathname: '/' },
    });
  },
);

test('page views that come meanwhile do not make up for rows that are missing', async () => {
  const env = await cloudEnv();
  sandbox.tinybird.faults.set([
    // Says that it has all, and has nothing.
    {
      match: { path: '/v0/events', times: 1 },
      fault: { status: 200, body: { successful_rows: 10, quarantined_rows: 0 } },
    },
    { match: { path: '/v0/sql', after: 1 }, fault: { latencyMs: 1_000 } },
  ]);
  const sending = runVerb(env, ['backfill', exportFile(exported(10))]);
  await vi.waitUntil(() => sandbox.tinybird.requests.list(/v0\/events/).length === 1, {
    timeout: 20_000,
  });
  const live = exported(20).map((row) => ({
    ...JSON.parse(row),
    payload: { site_uuid: SITE },
    timestamp: '2099-01-01 00:00:00',
  }));
  await createTinybirdEvents({
    url: sandbox.tinybird.url,
    token: env.TINYBIRD_TRACKER_TOKEN,
    datasource: 'analytics_events',
    timeoutMs: 10_000,
  }).send(live.map((row) => JSON.stringify(row)).join('\n'));
  const sent = await sending;
  expect(rowsThere()).toHaveLength(20);
  expect([sent.code, sent.stdout]).toEqual([
    1,
    expect.stringMatching(/had 0 rows up to .* UTC and has 0 now: 10 rows are missing\n$/),
  ]);
});

test('a backfill that was broken off goes on where it was, and one that is done sends nothing', async () => {
  const env = await cloudEnv();
  const file = exportFile(exported(12_000));
  sandbox.tinybird.faults.set([
    { match: { path: '/v0/events', after: 1 }, fault: { status: 403 } },
  ]);
  const first = await runVerb(env, ['backfill', file]);
  expect([first.code, first.stderr]).toEqual([1, expect.stringMatching(/is not taken: 403/)]);
  const before = rowsThere().length;
  expect(before).toBeGreaterThan(0);
  sandbox.tinybird.faults.clear();
  for (let runs = 0; runs < 2; runs += 1) {
    expect((await runVerb(env, ['backfill', file])).code).toBe(0);
  }
  const ids = (rowsThere() as { payload: { event_id: string } }[]).map(
    (row) => row.payload.event_id,
  );
  expect([ids.length, new Set(ids).size]).toEqual([12_000, 12_000]);
});

test('a batch whose answer was lost is looked for before it is sent again', async () => {
  const env = await cloudEnv();
  sandbox.tinybird.faults.set([
    { match: { path: '/v0/events', times: 1 }, fault: { dropAfterAccept: true } },
  ]);
  const sent = await runVerb(env, ['backfill', exportFile(exported(10))]);
  expect([sent.code, sent.stdout]).toEqual([
    0,
    expect.stringMatching(/had 0 rows up to .* UTC and has 10 now: 10 more\n$/),
  ]);
  expect(rowsThere()).toHaveLength(10);
});

test('a backfill killed before it heard of a batch neither doubles nor loses it', async () => {
  const env = await cloudEnv();
  const file = exportFile(exported(12_000));
  // Nothing is known of the second batch, nor is the count to be had.
  sandbox.tinybird.faults.set([
    { match: { path: '/v0/events', after: 1, times: 1 }, fault: { dropAfterAccept: true } },
    { match: { path: '/v0/sql', after: 1 }, fault: { status: 503 } },
    { match: { path: '/v0/events', after: 1 }, fault: { status: 503 } },
  ]);
  const child = spawn(process.execPath, [...FROM_SOURCE, 'backfill', file], {
    env: { ...process.env, ...env },
  });
  await vi.waitUntil(() => sandbox.tinybird.requests.list(/v0\/events/).length === 2, {
    timeout: 20_000,
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  sandbox.tinybird.faults.clear();
  const again = await runVerb(env, ['backfill', file]);
  expect([again.code, again.stdout]).toEqual([
    0,
    expect.stringMatching(/had 0 rows up to .* UTC and has 12000 now: 12000 more\n$/),
  ]);
  const ids = (rowsThere() as { payload: { event_id: string } }[]).map(
    (row) => row.payload.event_id,
  );
  expect([ids.length, new Set(ids).size]).toEqual([12_000, 12_000]);
});

test('rows that went into quarantine unheard are not sent again', async () => {
  const env = await cloudEnv();
  const rows = exported(40);
  const unfit = JSON.stringify({ ...JSON.parse(rows[7] ?? ''), timestamp: 'never' });
  const file = exportFile(rows.with(7, unfit));
  sandbox.tinybird.faults.set([
    { match: { path: '/v0/events', times: 1 }, fault: { dropAfterAccept: true } },
  ]);
  const sent = await runVerb(env, ['backfill', file]);
  expect(sent.stdout).toMatch(/^40 lines, 39 rows taken, 1 in quarantine\n/);
  expect([rowsThere().length, sandbox.tinybird.quarantine('analytics_events').length]).toEqual([
    39, 1,
  ]);
});

test('one hit that a view of the cloud cannot take costs no other its place in the charts', async () => {
  const env = await cloudEnv();
  sandbox.tinybird.settings.set({ viewRefuses: 'poison' });
  await using collector = await startTestCollector({ ...env, PROSORA_COLLECTOR_BATCH_MS: '500' });
  const ids = Array.from({ length: 50 }, (_, index) => (index === 25 ? 'poison' : `good-${index}`));
  await Promise.all(ids.map((event_id) => postHit(collector.url, { event_id })));
  const inViews = () =>
    (sandbox.tinybird.rowsInViews('analytics_events') as { payload: { event_id: string } }[]).map(
      ({ payload }) => payload.event_id,
    );
  await vi.waitUntil(() => inViews().length >= 49, { timeout: 20_000 });
  expect(inViews().sort()).toEqual(ids.filter((id) => id !== 'poison').sort());
  const dead = async () =>
    await metric(collector.privateUrl, 'prosora_hits_sent_total{outcome="dead"}');
  await vi.waitUntil(async () => (await dead()) === 1);
});

test('a file that is no export is told by its line', async () => {
  const file = exportFile([...exported(1), '{"not":"a row"']);
  const sent = await runVerb(await cloudEnv(), ['backfill', file]);
  expect([sent.code, sent.stderr]).toEqual([1, 'Line 2 is no row of analytics_events.\n']);
});

test('what the cloud refused and then takes is replayed once; what it may have is only sent on purpose', async () => {
  const env = await cloudEnv();
  {
    await using collector = await startTestCollector(env);
    const events = { path: '/v0/events' };
    sandbox.tinybird.faults.set([{ match: events, fault: { status: 400, body: 'bad' } }]);
    await postHit(collector.url, { event_id: 'refused' });
    await vi.waitUntil(
      async () =>
        (await metric(collector.privateUrl, 'prosora_hits_sent_total{outcome="dead"}')) === 1,
    );
    sandbox.tinybird.faults.set([{ match: events, fault: { status: 422, body: 'view' } }]);
    await postHit(collector.url, { event_id: 'halfway' });
    await vi.waitUntil(
      async () =>
        (await metric(collector.privateUrl, 'prosora_hits_sent_total{outcome="dead"}')) === 2,
    );
    sandbox.tinybird.faults.clear();
  }
  const first = await runVerb(env, ['replay']);
  expect([first.code, first.stdout]).toEqual([
    1,
    expect.stringMatching(/^✔ \S+, 1 hits\n✘ \S+, 1 hits: halfway: .*\(--anyway\)\n$/),
  ]);
  const ids = () =>
    (rowsThere() as { payload: { event_id: string } }[]).map((row) => row.payload.event_id);
  expect(ids()).toEqual(['refused']);
  const dead = await runVerb(env, ['dead']);
  expect(
    dead.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind),
  ).toEqual(['halfway']);
  expect((await runVerb(env, ['replay', '--anyway'])).code).toBe(0);
  expect(ids()).toEqual(['refused', 'halfway']);
  expect((await runVerb(env, ['dead'])).stdout).toBe('');
});

test('the free plan’s questions of a day are enough for an open dashboard, which never sees that they end', async () => {
  const env = await cloudEnv();
  sandbox.tinybird.settings.set({ queriesPerDay: 24 });
  await using collector = await startTestCollector({
    ...env,
    // As if a minute passed between any two: each question would be asked.
    PROSORA_COLLECTOR_CHART_CACHE_SECONDS: '0',
    PROSORA_COLLECTOR_CHART_QUERIES_PER_DAY: '24',
  });
  const shown = ['api_kpis', 'api_top_sources', 'api_active_visitors'];
  for (let minute = 0; minute < 100; minute += 1) {
    const answers = await Promise.all(
      shown.map((pipe) =>
        fetch(`${collector.url}/v0/pipes/${pipe}.json`, {
          headers: { authorization: `Bearer ${sandbox.tinybird.adminToken}` },
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  }
  const asked = sandbox.tinybird.requests.list(/pipes/).length;
  expect(asked).toBeGreaterThan(shown.length);
  expect(asked).toBeLessThanOrEqual(24);
});

test('secrets are in no line of the log and no metric', async () => {
  const env = await cloudEnv();
  await using collector = await startTestCollector(env);
  await postHit(collector.url);
  await vi.waitUntil(() => rowsThere().length === 1);
  const text =
    collector.lines.join('') + (await (await fetch(`${collector.privateUrl}/metrics`)).text());
  expect(text).not.toContain(env['TINYBIRD_TRACKER_TOKEN']);
  expect(text).not.toContain(sandbox.tinybird.adminToken);
  expect(readFileSync(join(env.PROSORA_COLLECTOR_DATA_DIR, 'salts.json'), 'utf8')).toContain(
    'salt',
  );
});
