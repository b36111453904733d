import { domainToASCII } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Collector } from '../../src/collector.ts';
import { deadLettersIn } from '../../src/spool/data-dir.ts';
import { lettersIn } from '../fixtures/dead-letters.ts';
import { FIREFOX, SITE } from '../fixtures/hits.ts';
import {
  collectorEnv,
  metric,
  postHit,
  startTestCollector,
} from '../fixtures/running-collector.ts';
import { rowOf, rowsOf, startUpstream, type Upstream } from '../fixtures/upstream.ts';

let upstream: Upstream;
let collector: Collector;

beforeAll(async () => {
  upstream = await startUpstream();
  collector = await startTestCollector(collectorEnv(upstream.url));
});
afterAll(async () => {
  await collector.stop();
  await upstream[Symbol.asyncDispose]();
});

/** The outcome that a hit with these counts as. */
async function outcomeOf(payload = {}, input = {}, more: Record<string, string> = {}) {
  await using running = await startTestCollector(collectorEnv(upstream.url, more));
  const { status } = await postHit(running.url, payload, input);
  const text = await (await fetch(`${running.privateUrl}/metrics`)).text();
  return [status, /prosora_hits_total\{outcome="(\w+)"/.exec(text)?.[1]];
}

test('a page of another origin is refused, and a server that names none is taken', async () => {
  const allowed = { PROSORA_COLLECTOR_ORIGINS: 'https://example.com,https://blog.example.com/' };
  const from = (origin: string) => ({ headers: { origin } });
  expect(await outcomeOf({}, from('https://blog.example.com'), allowed)).toEqual([202, 'accepted']);
  expect(await outcomeOf({}, from('https://evil.example'), allowed)).toEqual([
    403,
    'origin_refused',
  ]);
  expect(await outcomeOf({}, {}, allowed)).toEqual([202, 'accepted']);
});

test('a page that hides where its readers come from names no origin, and is taken on its own site only', async () => {
  const allowed = { PROSORA_COLLECTOR_ORIGINS: 'https://example.com' };
  const within = (site: string) => ({ headers: { origin: 'null', 'sec-fetch-site': site } });
  expect(await outcomeOf({}, within('same-origin'), allowed)).toEqual([202, 'accepted']);
  for (const site of ['same-site', 'cross-site', 'none']) {
    expect(await outcomeOf({}, within(site), allowed)).toEqual([403, 'origin_refused']);
  }
});

test('a page that Google translates is one of the site’s, and one of another site is not', async () => {
  const allowed = {
    PROSORA_COLLECTOR_ORIGINS: 'https://our-blog.example.com,https://bücher.example',
  };
  const from = (origin: string) => ({ headers: { origin } });
  const translated = ['our--blog-example-com', domainToASCII('bücher-example')];
  for (const name of translated) {
    const outcome = await outcomeOf({}, from(`https://${name}.translate.goog`), allowed);
    expect(outcome).toEqual([202, 'accepted']);
  }
  for (const name of ['evil-example', 'our-blog.example.com']) {
    const outcome = await outcomeOf({}, from(`https://${name}.translate.goog`), allowed);
    expect(outcome).toEqual([403, 'origin_refused']);
  }
});

test('the edge’s time is believed of a trusted proxy alone', async () => {
  const headers = { 'x-ghost-analytics-start': String(Date.now() - 5_000) };
  const strangers = { PROSORA_COLLECTOR_TRUSTED_PROXIES: '192.0.2.1' };
  await outcomeOf({ event_id: 'edge-1' }, { headers });
  await outcomeOf({ event_id: 'edge-2' }, { headers }, strangers);
  const timeOf = async (id: string) => (await rowOf(upstream, id)).payload.meta.received_timestamp;
  expect(Date.parse(await timeOf('edge-1'))).toBe(Number(headers['x-ghost-analytics-start']));
  expect(await timeOf('edge-2')).toBeNull();
});

test('readers who ask not to be tracked are answered and not counted', async () => {
  expect(await outcomeOf({}, { headers: { dnt: '1' } })).toEqual([202, 'declined']);
  expect(await outcomeOf({}, { headers: { 'sec-gpc': '1' } })).toEqual([202, 'declined']);
});

test('an address that sends too much is answered 429 for a while, and others are not', async () => {
  await using running = await startTestCollector(
    collectorEnv(upstream.url, { PROSORA_COLLECTOR_HITS_PER_MINUTE: '3' }),
  );
  const send = (forwardedFor: string) =>
    postHit(running.url, {}, { headers: { 'x-forwarded-for': forwardedFor } });
  const statuses = [];
  for (let times = 0; times < 4; times += 1) statuses.push((await send('2001:db8::1')).status);
  expect(statuses).toEqual([202, 202, 202, 429]);
  const refused = await send('2001:db8::2');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
  expect((await send('203.0.113.9')).status).toBe(202);
});

test('a hit that comes again is answered like the first and counted once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => postHit(collector.url, { event_id: 'again' })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(202));
  await rowOf(upstream, 'again');
  await postHit(collector.url, { event_id: 'after-again' });
  await rowOf(upstream, 'after-again');
  const ids = rowsOf(upstream).map(({ payload }) => payload.event_id);
  expect(ids.filter((id) => id === 'again')).toHaveLength(1);
  expect(await metric(collector.privateUrl, 'prosora_hits_total{outcome="duplicate"}')).toBe(4);
});

test('a country comes from the network’s header if a trusted proxy passed it on, else from the zone', async () => {
  const zone = { location: null, timezone: 'Europe/Vienna' };
  const headers = { 'cf-ipcountry': 'JP' };
  const ids = { believed: 'cf-1', stranger: 'cf-2', unasked: 'cf-3' };
  const countries = { PROSORA_COLLECTOR_COUNTRY_HEADER: 'CF-IPCountry' };
  const strangers = { ...countries, PROSORA_COLLECTOR_TRUSTED_PROXIES: '192.0.2.1' };
  await outcomeOf({ ...zone, event_id: ids.believed }, { headers }, countries);
  await outcomeOf({ ...zone, event_id: ids.stranger }, { headers }, strangers);
  await outcomeOf({ ...zone, event_id: ids.unasked }, { headers });
  const locationOf = async (id: string) => (await rowOf(upstream, id)).payload.location;
  expect(await locationOf(ids.believed)).toBe('JP');
  expect(await locationOf(ids.stranger)).toBe('AT');
  expect(await locationOf(ids.unasked)).toBe('AT');
});

test('a picture counts a page that runs no script, where that is wanted', async () => {
  const path = `/.ghost/analytics/api/v1/page_hit.gif?site_uuid=${SITE}`;
  expect((await fetch(`${collector.url}${path}`)).status).toBe(404);
  await using running = await startTestCollector(
    collectorEnv(upstream.url, { PROSORA_COLLECTOR_PIXEL: 'true' }),
  );
  const headers = { 'user-agent': FIREFOX, referer: 'https://example.com/quiet/?utm_source=x' };
  const answer = await fetch(`${running.url}${path}`, { headers });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/gif']);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(Buffer.from(await answer.arrayBuffer()).toString('latin1')).toMatch(/^GIF89a.*;$/s);
  const row = await vi.waitUntil(() =>
    rowsOf(upstream).find(({ payload }) => payload.pathname === '/quiet/'),
  );
  expect(row.payload).toMatchObject({ site_uuid: SITE, utm_source: 'x', device: 'desktop' });
  expect(
    (await fetch(`${running.url}${path}`, { headers: { 'user-agent': FIREFOX } })).status,
  ).toBe(400);
});

const SYNC_KEY = 'sync-key-of-this-test';
const syncLine = (type: string, id: string) =>
  JSON.stringify({
    type,
    site_uuid: SITE,
    id,
    updated_at: '2026-09-01T10:00:00.000Z',
    payload: { id, site_uuid: SITE },
  });

test('what Ghost synchronises goes to the data source of its kind, and is answered when it is there', async () => {
  await using running = await startTestCollector(
    collectorEnv(upstream.url, { PROSORA_COLLECTOR_SYNC_AUTH_KEY: SYNC_KEY }),
  );
  const sync = (body: string, key = SYNC_KEY) =>
    fetch(`${running.url}/.ghost/analytics/api/v1/tinybird-sync`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-ndjson',
        'x-site-uuid': SITE,
      },
      body,
    });
  const lines = [syncLine('automation_runs', 'run-1'), syncLine('automation_run_steps', 'step-1')];
  expect((await sync(lines.join('\n'))).status).toBe(202);
  const arrivals = upstream.arrivals.slice(-2);
  expect(arrivals.map(({ datasource }) => datasource)).toEqual([
    'automation_run_events',
    'automation_run_step_events',
  ]);
  expect(JSON.parse(arrivals[0]?.rows[0] ?? '')).toEqual({
    site_uuid: SITE,
    id: 'run-1',
    updated_at: '2026-09-01T10:00:00.000Z',
    payload: { id: 'run-1', site_uuid: SITE },
  });
  expect((await sync(lines.join('\n'), 'another-key-of-16')).status).toBe(401);
  expect((await sync(syncLine('members', 'x'))).status).toBe(400);
  upstream.answer = () => ({ quarantined: 1 });
  expect((await sync(lines.join('\n'))).status).toBe(202);
  expect(running.lines.join('')).toMatch(/"datasource":"automation_run_events","rows":1,/);
  const synced = (outcome: string) =>
    metric(running.privateUrl, `prosora_sync_rows_total{outcome="${outcome}"}`);
  expect([await synced('accepted'), await synced('quarantined')]).toEqual([2, 2]);
  upstream.answer = () => ({ status: 503 });
  expect((await sync(lines.join('\n'))).status).toBe(502);
  upstream.answer = () => ({});
  expect((await fetch(`${collector.url}/api/v1/tinybird-sync`, { method: 'POST' })).status).toBe(
    404,
  );
});

test('a synchronisation that fails half-way is sent again without what was taken, and under the same names', async () => {
  await using running = await startTestCollector(
    collectorEnv(upstream.url, { PROSORA_COLLECTOR_SYNC_AUTH_KEY: SYNC_KEY }),
  );
  const sync = (body: string) =>
    fetch(`${running.url}/api/v1/tinybird-sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SYNC_KEY}` },
      body,
    });
  const lines = [syncLine('automation_runs', 'run-2'), syncLine('automation_run_steps', 'step-2')];
  const before = upstream.arrivals.length;
  upstream.answer = ({ datasource }) =>
    datasource === 'automation_run_step_events' ? { writes: true, cut: true } : {};
  expect((await sync(lines.join('\n'))).status).toBe(502);
  upstream.answer = () => ({});
  // More came meanwhile, so the runs are another batch than before.
  lines.unshift(syncLine('automation_runs', 'run-3'));
  expect((await sync(lines.join('\n'))).status).toBe(202);
  const arrivals = upstream.arrivals.slice(before);
  const ids = arrivals.map(({ rows }) => rows.map((row) => JSON.parse(row).id));
  expect(ids).toEqual([['run-2'], ['step-2'], ['run-3'], ['step-2']]);
  expect(arrivals[3]?.batch).toMatch(/^sync-[0-9a-f]{64}$/);
  expect(arrivals[3]?.batch).toBe(arrivals[1]?.batch);
  expect(upstream.changed).toEqual([]);
  // Whoever wants all of it anew gets it.
  expect((await sync(lines.join('\n'))).status).toBe(202);
  expect(upstream.arrivals.at(-2)?.rows).toHaveLength(2);
});

test('one synchronised row that is refused does not hold up the others, and is a dead letter', async () => {
  const env = collectorEnv(upstream.url, { PROSORA_COLLECTOR_SYNC_AUTH_KEY: SYNC_KEY });
  await using running = await startTestCollector(env);
  upstream.answer = ({ rows }) => (rows.join().includes('run-bad') ? { status: 400 } : {});
  const lines = ['run-4', 'run-bad', 'run-5'].map((id) => syncLine('automation_runs', id));
  const answer = await fetch(`${running.url}/api/v1/tinybird-sync`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SYNC_KEY}` },
    body: lines.join('\n'),
  });
  upstream.answer = () => ({});
  expect(answer.status).toBe(202);
  const [letter, ...others] = lettersIn(deadLettersIn(env.PROSORA_COLLECTOR_DATA_DIR));
  expect(others).toEqual([]);
  expect(letter).toMatchObject({
    datasource: 'automation_run_events',
    kind: 'refused',
    rows: [{ id: 'run-bad' }],
  });
  const synced = `prosora_sync_rows_total{outcome="dead"}`;
  expect(await metric(running.privateUrl, synced)).toBe(1);
});

test('whoever asks for charts without a token is refused here, and spends nothing of the owner’s', async () => {
  await using running = await startTestCollector(
    collectorEnv(upstream.url, { PROSORA_COLLECTOR_CHART_QUERIES_PER_DAY: '24' }),
  );
  const before = upstream.asked.length;
  for (const query of ['', '?token=', '?site_uuid=x']) {
    const answer = await fetch(`${running.url}/v0/pipes/api_kpis.json${query}`);
    expect(answer.status).toBe(403);
  }
  const anonymous = await Promise.all(
    Array.from({ length: 250 }, () => fetch(`${running.url}/v0/pipes/api_kpis.json`)),
  );
  expect(new Set(anonymous.map(({ status }) => status))).toEqual(new Set([403]));
  expect(upstream.asked.length).toBe(before);
  const owner = { headers: { authorization: 'Bearer owner' } };
  expect((await fetch(`${running.url}/v0/pipes/api_kpis.json`, owner)).status).toBe(200);
});

test('charts are cached and counted in front of an upstream that counts questions', async () => {
  await using running = await startTestCollector(
    collectorEnv(upstream.url, {
      PROSORA_COLLECTOR_CHART_CACHE_SECONDS: '60',
      PROSORA_COLLECTOR_CHART_QUERIES_PER_DAY: '24',
    }),
  );
  const ask = (pipe: string, token = 'a') =>
    fetch(`${running.url}/v0/pipes/${pipe}.json`, { headers: { authorization: token } });
  const before = upstream.asked.length;
  for (let times = 0; times < 10; times += 1) expect((await ask('kept')).status).toBe(200);
  expect(upstream.asked.length - before).toBe(1);
  await ask('kept', 'another reader');
  expect(upstream.asked.length - before).toBe(2);
  for (let times = 0; times < 2; times += 1) await ask(`other_${times}`);
  const spent = await ask('one_too_many');
  expect([spent.status, Number(spent.headers.get('retry-after')) > 60]).toEqual([429, true]);
  expect((await ask('kept')).status).toBe(200);
});

test('whoever asks only for the head of a chart leaves all of it to the next', async () => {
  await using running = await startTestCollector(
    collectorEnv(upstream.url, { PROSORA_COLLECTOR_CHART_CACHE_SECONDS: '60' }),
  );
  const url = `${running.url}/v0/pipes/headed.json?token=t`;
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(await (await fetch(url)).json()).toEqual({ data: [] });
});
