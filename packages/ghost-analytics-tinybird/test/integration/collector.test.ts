import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Collector } from '../../src/collector.ts';
import { FIREFOX, hitBody, OTHER_SITE, SITE } from '../fixtures/hits.ts';
import {
  collectorEnv,
  metric,
  postHit,
  startTestCollector,
} from '../fixtures/running-collector.ts';
import { rowOf, rowsOf, startUpstream, type Upstream } from '../fixtures/upstream.ts';

let upstream: Upstream;
let collector: Collector & { lines: string[] };
let env: Record<string, string>;

beforeAll(async () => {
  upstream = await startUpstream();
  env = collectorEnv(upstream.url, { PROSORA_COLLECTOR_SITES: SITE });
  collector = await startTestCollector(env);
});
afterAll(async () => {
  await collector.stop();
  await upstream[Symbol.asyncDispose]();
});

test("a hit of Ghost's script is answered 202 and arrives as one row with our token", async () => {
  const answer = await postHit(collector.url, { event_id: 'first' });
  expect([answer.status, await answer.json()]).toEqual([
    202,
    { message: 'Page hit event received' },
  ]);
  expect(await rowOf(upstream, 'first')).toMatchObject({
    action: 'page_hit',
    session_id: expect.stringMatching(/^[\w-]{22}$/),
    payload: { site_uuid: SITE, os: 'linux', browser: 'firefox', device: 'desktop' },
  });
  expect(upstream.arrivals[0]).toMatchObject({
    token: 'Bearer tracker-token-of-this-test',
    batch: expect.stringMatching(/^0000000001-[0-9a-f]{16}:0-\d+$/),
  });
});

test.each([
  '/.ghost/analytics/api/v1/page_hit?name=analytics_events',
  '/blog/.ghost/analytics/api/v1/page_hit?name=analytics_events&token=of-a-browser',
])('a hit is taken at %s as well', async (path) => {
  expect((await postHit(collector.url, { event_id: path.slice(0, 20) }, { path })).status).toBe(
    202,
  );
  await rowOf(upstream, path.slice(0, 20));
});

test('a beacon is text/plain, without a header for the site', async () => {
  const answer = await fetch(`${collector.url}/api/v1/page_hit?name=analytics_events`, {
    method: 'POST',
    headers: { 'user-agent': FIREFOX },
    body: JSON.stringify(hitBody({ event_id: 'beacon' })), // fetch says text/plain;charset=UTF-8
  });
  expect(answer.status).toBe(202);
  await rowOf(upstream, 'beacon');
});

test.each([
  ['another data source', 400, {}, { path: '/api/v1/page_hit?name=other' }],
  ['no data source', 400, {}, { path: '/api/v1/page_hit' }],
  ['another type', 415, {}, { headers: { 'content-type': 'text/html' } }],
  ['a body without a page', 400, { pathname: null }, {}],
  ['two sites', 400, {}, { headers: { 'x-site-uuid': OTHER_SITE } }],
  ['no browser', 400, {}, { headers: { 'user-agent': ' ' } }],
  ['a foreign site', 403, { site_uuid: OTHER_SITE }, { headers: { 'x-site-uuid': OTHER_SITE } }],
  ['20 KB and more', 413, { href: 'a'.repeat(21_000) }, {}],
  ['another path', 404, {}, { path: '/api/v1/other' }],
  ['a pipe with half an escape', 404, {}, { path: '/v0/pipes/%E0%A4%A.json' }],
])('%s is answered %i with a message', async (_what, status, payload, input) => {
  const answer = await postHit(collector.url, payload, input);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toEqual({ message: expect.any(String), error: expect.any(String) });
});

test('a body that is compressed or no JSON is refused, and GET finds nothing', async () => {
  const url = `${collector.url}/api/v1/page_hit?name=analytics_events`;
  const headers = { 'user-agent': FIREFOX, 'content-type': 'application/json' };
  const refused = await fetch(url, { method: 'POST', headers, body: '{' });
  expect([refused.status, await refused.json()]).toEqual([
    400,
    { message: 'the body is not JSON', error: 'the body is not JSON' },
  ]);
  const zipped = { ...headers, 'content-encoding': 'gzip' };
  expect((await fetch(url, { method: 'POST', headers: zipped, body: '{}' })).status).toBe(415);
  expect((await fetch(url)).status).toBe(404);
});

test('bots and pages fetched ahead are answered like readers and not counted', async () => {
  for (const headers of [
    { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' },
    { 'sec-purpose': 'prefetch;prerender' },
  ]) {
    const answer = await postHit(collector.url, { event_id: 'unseen' }, { headers });
    expect([answer.status, await answer.json()]).toEqual([
      202,
      { message: 'Page hit event received' },
    ]);
  }
  await postHit(collector.url, { event_id: 'after-bots' });
  await rowOf(upstream, 'after-bots');
  expect(rowsOf(upstream).some(({ payload }) => payload.event_id === 'unseen')).toBe(false);
  expect(await metric(collector.privateUrl, 'prosora_hits_total{outcome="bot"}')).toBe(1);
  expect(await metric(collector.privateUrl, 'prosora_hits_total{outcome="prefetch"}')).toBe(1);
});

test('a page of another origin may ask before it posts', async () => {
  const answer = await fetch(`${collector.url}/api/v1/page_hit?name=analytics_events`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://example.com',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-site-uuid',
    },
  });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('access-control-allow-headers')).toBe('content-type,x-site-uuid');
});

/** The visitor's id that a hit with this X-Forwarded-For gets. */
async function visitorOf(url: string, forwardedFor: string): Promise<string> {
  const event_id = `xff-${Math.random()}`;
  const headers = { 'x-forwarded-for': forwardedFor };
  expect((await postHit(url, { event_id }, { headers })).status).toBe(202);
  return (await rowOf(upstream, event_id)).session_id;
}

test('the nearest address that is no trusted proxy is the visitor, whatever is claimed before it', async () => {
  const claim = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('unknown', '', '::1', '10.0.0.1'));
  const direct = await visitorOf(collector.url, '203.0.113.7');
  const address = '203.0.113.7, 10.1.2.3, 127.0.0.1';
  await fc.assert(
    fc.asyncProperty(fc.array(claim, { maxLength: 3 }), async (claims) => {
      expect(await visitorOf(collector.url, [...claims, address].join(', '))).toBe(direct);
    }),
    { numRuns: 15 },
  );
  expect(await visitorOf(collector.url, '203.0.113.8')).not.toBe(direct);
  expect(await visitorOf(collector.url, '2001:db8::1')).toBe(
    await visitorOf(collector.url, '2001:db8::ffff:1'),
  );
});

test('without a trusted proxy X-Forwarded-For changes nothing', async () => {
  await using direct = await startTestCollector(
    collectorEnv(upstream.url, { PROSORA_COLLECTOR_TRUSTED_PROXIES: '192.0.2.1' }),
  );
  const one = await visitorOf(direct.url, '203.0.113.7');
  expect(await visitorOf(direct.url, '203.0.113.8')).toBe(one);
});

test.each([
  ['198.51.100.23', '198.51.100.23'],
  // Of which the first 64 bits stand for the visitor.
  ['2001:db8:5ca1:ab1e:7:8:9:a', '5ca1:ab1e'],
])('%s is written to no file, log or metric', async (address, part) => {
  await visitorOf(collector.url, address);
  const headers = { 'x-forwarded-for': address };
  expect((await postHit(collector.url, { pathname: '' }, { headers })).status).toBe(400);
  const dir = env['PROSORA_COLLECTOR_DATA_DIR'] as string;
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((file) => statSync(file).isFile());
  expect(files.some((file) => file.endsWith('.segment'))).toBe(true);
  for (const file of files) expect(readFileSync(file, 'latin1')).not.toContain(part);
  expect(collector.lines.join('')).not.toContain(part);
  expect(await (await fetch(`${collector.privateUrl}/metrics`)).text()).not.toContain(part);
});

test('a question to a pipe goes on with its token and query, and not with cookies', async () => {
  const path = '/.ghost/analytics/v0/pipes/api_kpis.json?site_uuid=a&date_from=2026-09-01';
  const headers = { authorization: 'Bearer jwt-of-ghost', cookie: 'member=1' };
  const answer = await fetch(`${collector.url}${path}`, { headers });
  expect([answer.status, await answer.json()]).toEqual([200, { data: [] }]);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('x-ratelimit-remaining')).toBe('9');
  expect(answer.headers.get('set-cookie')).toBeNull();
  const asked = upstream.asked.at(-1);
  expect(asked?.url).toBe('/v0/pipes/api_kpis.json?site_uuid=a&date_from=2026-09-01');
  expect(asked?.headers['authorization']).toBe('Bearer jwt-of-ghost');
  expect(asked?.headers['cookie']).toBeUndefined();

  await fetch(`${collector.url}/v0/pipes/api_kpis.json?token=t`, {
    method: 'POST',
    body: '{"a":1}',
  });
  expect(upstream.asked.at(-1)).toMatchObject({ method: 'POST', body: '{"a":1}' });
});

test.each([
  '/v0/pipes/..',
  '/v0/pipes/%2e%2e',
  '/v0/pipes/a\\..\\..\\..\\tokens',
  '/v0/pipes/..%2f..%2ftokens.json',
  '/v0/pipes/a/../../tokens',
  '/tokens',
  '/v0/events?name=analytics_events',
])('%s leads to nothing behind the collector', async (path) => {
  const before = [upstream.asked.length, upstream.arrivals.length];
  const { hostname, port } = new URL(collector.url);
  // As it stands: fetch would tidy the path up.
  const status = await new Promise((resolve) => {
    request({ hostname, port, path, method: 'POST' }, (answer) => {
      resolve(answer.resume().statusCode);
    }).end();
  });
  expect(status).toBe(404);
  expect([upstream.asked.length, upstream.arrivals.length]).toEqual(before);
});

test('a sender that breaks off in the middle leaves the collector well', async () => {
  const url = new URL(`${collector.url}/api/v1/page_hit?name=analytics_events`);
  const cut = request(url, { method: 'POST', headers: { 'content-length': '100' } });
  cut.on('error', () => undefined);
  cut.write('{"half":');
  await vi.waitUntil(() => cut.socket?.connecting === false);
  cut.destroy();
  expect((await postHit(collector.url)).status).toBe(202);
  expect((await fetch(`${collector.privateUrl}/readyz`)).status).toBe(200);
});

test('a chart is answered 502 when the upstream is gone; a hit is still taken', async () => {
  await using lonely = await startTestCollector(collectorEnv('http://127.0.0.1:9'));
  const chart = `${lonely.url}/v0/pipes/api_kpis.json?token=t`;
  expect((await fetch(chart)).status).toBe(502);
  expect((await postHit(lonely.url)).status).toBe(202);
});
