import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Listener, listen } from '@prosora/service';
import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/index.ts';

let sandbox: Sandbox;
let site: Listener;
let client: Cloudflare;
let version = 1;
let asked: string[] = [];
let answer: Record<string, string> = {};
let now = Date.now();

const server = createServer((request, response) => {
  asked.push(request.headers['if-none-match'] ?? 'all');
  const etag = `"${version}"`;
  const headers = { 'cache-control': 'public, max-age=0', etag, ...answer };
  if (request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end();
  return response.writeHead(200, headers).end(`version ${version}`);
});

beforeAll(async () => {
  site = await listen(server, { host: '127.0.0.1', port: 0 });
  sandbox = await startSandbox({
    port: 0,
    dataDir: mkdtempSync(join(tmpdir(), 'prosora-sandbox-')),
    now: () => now,
    vendors: { cloudflare: { settings: { origin: site.url, host: 'blog.example.com' } } },
  });
  const { apiUrl: baseURL, token: apiToken } = sandbox.cloudflare;
  client = new Cloudflare({ baseURL, apiToken, maxRetries: 0 });
});
afterAll(async () => {
  await sandbox.close();
  await site.close(0);
});
beforeEach(async () => {
  await sandbox.cloudflare.reset();
  version = 1;
  asked = [];
  answer = {};
});

/** HTML is kept for a minute. */
async function keepPages(expression = 'http.host eq "blog.example.com"'): Promise<void> {
  const zone_id = sandbox.cloudflare.zoneId;
  await client.rulesets.phases.update('http_request_cache_settings', {
    zone_id,
    rules: [{ action: 'set_cache_settings', expression, action_parameters: { cache: true } }],
  });
  await client.rulesets.phases.update('http_response_cache_settings', {
    zone_id,
    rules: [
      {
        action: 'set_cache_control',
        expression: 'any(http.response.headers["cache-control"][*] contains "public")',
        action_parameters: { 's-maxage': { operation: 'set', value: 60, cloudflare_only: true } },
      },
    ],
  });
}

async function read(path = '/', headers: Record<string, string> = {}) {
  const response = await fetch(sandbox.cloudflare.url + path, { headers });
  return [await response.text(), response.headers.get('cf-cache-status')];
}

test('without a rule pages are not kept, and files are', async () => {
  expect(await read()).toEqual(['version 1', 'DYNAMIC']);
  answer = { 'cache-control': 'public, max-age=31536000' };
  expect(await read('/assets/a.css')).toEqual(['version 1', 'MISS']);
  expect(await read('/assets/a.css')).toEqual(['version 1', 'HIT']);
});

test('a rule keeps pages until their time is over, and then asks by ETag', async () => {
  await keepPages();
  expect(await read()).toEqual(['version 1', 'MISS']);
  expect(await read()).toEqual(['version 1', 'HIT']);
  now += 61_000;
  expect(await read()).toEqual(['version 1', 'REVALIDATED']);
  expect(asked).toEqual(['all', '"1"']);
});

test('whoever has a cookie that a rule leaves out goes by the cache', async () => {
  await keepPages('http.host eq "blog.example.com" and not http.cookie contains "ghost"');
  await read();
  version = 2;
  expect(await read('/', { cookie: 'ghost-members-ssr=x' })).toEqual(['version 2', 'DYNAMIC']);
  expect(await read()).toEqual(['version 1', 'HIT']);
});

test('what sets a cookie or is private is not kept', async () => {
  await keepPages();
  answer = { 'set-cookie': 'a=b' };
  await read('/a');
  expect(await read('/a')).toEqual(['version 1', 'MISS']);
  answer = { 'cache-control': 'private, no-store' };
  await read('/b');
  expect(await read('/b')).toEqual(['version 1', 'MISS']);
});

test('a purge takes pages out, an invalidation has them asked for', async () => {
  const zone_id = sandbox.cloudflare.zoneId;
  await keepPages();
  await read('/a/');
  await read('/b/');
  version = 2;
  await client.cache.purge({ zone_id, files: ['https://blog.example.com/a/'] });
  expect(await read('/a/')).toEqual(['version 2', 'MISS']);
  expect(await read('/b/')).toEqual(['version 1', 'HIT']);
  await client.cache.invalidate({ zone_id, hosts: ['blog.example.com'] });
  expect(await read('/b/')).toEqual(['version 2', 'EXPIRED']);
  expect(await read('/a/')).toEqual(['version 2', 'REVALIDATED']);
});

test('a site that is away is 521', async () => {
  sandbox.cloudflare.settings.set({ origin: 'http://127.0.0.1:9' });
  expect((await fetch(sandbox.cloudflare.url)).status).toBe(521);
});
