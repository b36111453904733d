import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Cloud, startCloud } from '../fixtures/cloud.ts';
import { runVerb } from '../fixtures/collector-process.ts';
import { metric, postHit, startTestCollector } from '../fixtures/running-collector.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.reset());
afterAll(() => cloud[Symbol.asyncDispose]());

test('one hit that a view of the cloud cannot take costs no other its place in the charts', async () => {
  const env = await cloud.env();
  cloud.tinybird.settings.set({ viewRefuses: 'poison' });
  await using collector = await startTestCollector({ ...env, PROSORA_COLLECTOR_BATCH_MS: '500' });
  const ids = Array.from({ length: 50 }, (_, index) => (index === 25 ? 'poison' : `good-${index}`));
  await Promise.all(ids.map((event_id) => postHit(collector.url, { event_id })));
  const inViews = () =>
    (cloud.tinybird.rowsInViews('analytics_events') as { payload: { event_id: string } }[]).map(
      ({ payload }) => payload.event_id,
    );
  await vi.waitUntil(() => inViews().length >= 49, { timeout: 20_000 });
  expect(inViews().sort()).toEqual(ids.filter((id) => id !== 'poison').sort());
  const dead = async () =>
    await metric(collector.privateUrl, 'prosora_hits_sent_total{outcome="dead"}');
  await vi.waitUntil(async () => (await dead()) === 1);
});

test('what the cloud refused and then takes is replayed once; what it may have is only sent on purpose', async () => {
  const env = await cloud.env();
  {
    await using collector = await startTestCollector(env);
    const events = { path: '/v0/events' };
    cloud.tinybird.faults.set([{ match: events, fault: { status: 400, body: 'bad' } }]);
    await postHit(collector.url, { event_id: 'refused' });
    await vi.waitUntil(
      async () =>
        (await metric(collector.privateUrl, 'prosora_hits_sent_total{outcome="dead"}')) === 1,
    );
    cloud.tinybird.faults.set([{ match: events, fault: { status: 422, body: 'view' } }]);
    await postHit(collector.url, { event_id: 'halfway' });
    await vi.waitUntil(
      async () =>
        (await metric(collector.privateUrl, 'prosora_hits_sent_total{outcome="dead"}')) === 2,
    );
    cloud.tinybird.faults.clear();
  }
  const first = await runVerb(env, ['replay']);
  expect([first.code, first.stdout]).toEqual([
    1,
    expect.stringMatching(/^✔ \S+, 1 hits\n✘ \S+, 1 hits: halfway: .*\(--anyway\)\n$/),
  ]);
  const ids = () =>
    (cloud.rowsThere() as { payload: { event_id: string } }[]).map((row) => row.payload.event_id);
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
  const env = await cloud.env();
  cloud.tinybird.settings.set({ queriesPerDay: 24 });
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
          headers: { authorization: `Bearer ${cloud.tinybird.adminToken}` },
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  }
  const asked = cloud.tinybird.requests.list(/pipes/).length;
  expect(asked).toBeGreaterThan(shown.length);
  expect(asked).toBeLessThanOrEqual(24);
});

test('secrets are in no line of the log and no metric', async () => {
  const env = await cloud.env();
  await using collector = await startTestCollector(env);
  await postHit(collector.url);
  await vi.waitUntil(() => cloud.rowsThere().length === 1);
  const text =
    collector.lines.join('') + (await (await fetch(`${collector.privateUrl}/metrics`)).text());
  expect(text).not.toContain(env['TINYBIRD_TRACKER_TOKEN']);
  expect(text).not.toContain(cloud.tinybird.adminToken);
  expect(readFileSync(join(env.PROSORA_COLLECTOR_DATA_DIR, 'salts.json'), 'utf8')).toContain(
    'salt',
  );
});
