import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Cloudflare, { APIError } from 'cloudflare';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/index.ts';

let sandbox: Sandbox;
let client: Cloudflare;
let zone_id: string;
let now = Date.now();

beforeAll(async () => {
  sandbox = await startSandbox({
    port: 0,
    dataDir: mkdtempSync(join(tmpdir(), 'prosora-sandbox-')),
    now: () => now,
  });
  const { apiUrl: baseURL, token: apiToken, zoneId } = sandbox.cloudflare;
  client = new Cloudflare({ baseURL, apiToken, maxRetries: 0 });
  zone_id = zoneId;
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.cloudflare.reset());

const refusalOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  const { status, errors } = error as APIError;
  return { status, code: (errors as { code: number }[])[0]?.code };
};
async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const purgeAll = () => client.cache.purge({ zone_id, purge_everything: true });

test('zones, the token and the networks are read', async () => {
  const zones = await allOf(client.zones.list({ name: 'example.com' }));
  expect(zones).toMatchObject([{ id: zone_id, name: 'example.com', status: 'active' }]);
  expect(await allOf(client.zones.list({ name: 'example.org' }))).toEqual([]);
  expect(await client.zones.get({ zone_id })).toMatchObject({ plan: { legacy_id: 'free' } });
  expect(await client.user.tokens.verify()).toMatchObject({ status: 'active' });
  expect((await client.ips.list()) as object).toMatchObject({
    ipv4_cidrs: expect.arrayContaining(['104.16.0.0/13']),
  });
});

test('settings are read and changed, and a value that there is not is refused', async () => {
  expect(await client.zones.settings.get('ssl', { zone_id })).toMatchObject({ value: 'full' });
  await client.zones.settings.edit('ssl', { zone_id, value: 'strict' });
  expect(await client.zones.settings.get('ssl', { zone_id })).toMatchObject({ value: 'strict' });
  const wrong = client.zones.settings.edit('http3', { zone_id, value: 'perhaps' as 'on' });
  expect(await refusalOf(wrong)).toMatchObject({ status: 400 });
});

test('records are made and found by their name', async () => {
  const record = { type: 'A', name: 'blog.example.com', content: '203.0.113.1', ttl: 1 } as const;
  await client.dns.records.create({ zone_id, ...record, proxied: true });
  const found = await allOf(
    client.dns.records.list({ zone_id, name: { exact: 'blog.example.com' } }),
  );
  expect(found).toMatchObject([{ content: '203.0.113.1', proxied: true }]);
});

test('a PUT replaces all rules of a phase', async () => {
  const phase = 'http_request_cache_settings';
  const rule = (host: string) => ({
    action: 'set_cache_settings' as const,
    expression: `http.host eq "${host}"`,
    action_parameters: { cache: true },
  });
  expect(await refusalOf(client.rulesets.phases.get(phase, { zone_id }))).toMatchObject({
    status: 404,
  });
  const rules = [rule('a.example.com'), rule('b.example.com')];
  await client.rulesets.phases.update(phase, { zone_id, rules });
  await client.rulesets.phases.update(phase, { zone_id, rules: [rule('c.example.com')] });
  const { rules: there } = await client.rulesets.phases.get(phase, { zone_id });
  expect(there).toMatchObject([{ expression: 'http.host eq "c.example.com"', enabled: true }]);
  const broken = [{ ...rule(''), expression: 'http.host equals' }];
  const refused = client.rulesets.phases.update(phase, { zone_id, rules: broken });
  expect(await refusalOf(refused)).toEqual({ status: 400, code: 20127 });
});

test('the free plan grants 25 calls at once and five a minute, and says when to come again', async () => {
  for (let call = 0; call < 25; call += 1) await purgeAll();
  const error = (await purgeAll().catch((thrown: unknown) => thrown)) as APIError;
  expect(error).toMatchObject({ status: 429 });
  expect(error.headers?.get('retry-after')).toBe('12');
  now += 12_000;
  expect(await purgeAll()).toEqual({ id: zone_id });
  // URLs count for themselves, and are whole.
  await client.cache.purge({ zone_id, files: ['https://blog.example.com/'] });
  const relative = client.cache.purge({ zone_id, files: ['/a-post/'] });
  expect(await refusalOf(relative)).toEqual({ status: 400, code: 1016 });
  const many = Array.from({ length: 101 }, (_, index) => `https://blog.example.com/${index}/`);
  expect(await refusalOf(client.cache.purge({ zone_id, files: many }))).toMatchObject({
    status: 400,
  });
});

test('invalidation counts alike, where the zone has it', async () => {
  expect(await client.cache.invalidate({ zone_id, hosts: ['blog.example.com'] })).toEqual({
    id: zone_id,
  });
  sandbox.cloudflare.settings.set({ invalidate: false });
  const missing = client.cache.invalidate({ zone_id, purge_everything: true });
  expect(await refusalOf(missing)).toEqual({ status: 400, code: 7000 });
});

test('a token that may not, one that is revoked and another zone are refused', async () => {
  sandbox.cloudflare.settings.set({ permissions: ['Zone Read'] });
  expect(await refusalOf(purgeAll())).toEqual({ status: 403, code: 10000 });
  sandbox.cloudflare.settings.set({ permissions: ['Cache Purge'] });
  const elsewhere = client.cache.purge({ zone_id: 'f'.repeat(32), purge_everything: true });
  expect(await refusalOf(elsewhere)).toEqual({ status: 404, code: 7003 });
  sandbox.cloudflare.settings.set({ tokenStatus: 'disabled' });
  expect(await refusalOf(purgeAll())).toEqual({ status: 401, code: 1000 });
});
