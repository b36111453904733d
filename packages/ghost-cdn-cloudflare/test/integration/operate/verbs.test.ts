import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudflareStandIn } from '@prosora/sandbox';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openChanges } from '../../../src/changes/changes.ts';
import type { CdnService } from '../../../src/service.ts';
import { cdnEnv, purgeCalls, runVerb, startCdn, startZone } from '../../fixtures/cdn.ts';
import { type Site, startSite } from '../../fixtures/site.ts';

let site: Site;
let zone: Awaited<ReturnType<typeof startZone>>;
let cloudflare: CloudflareStandIn;
let env: Record<string, string>;
let cdn: CdnService;

beforeAll(async () => {
  site = await startSite();
  zone = await startZone(site);
  cloudflare = zone.cloudflare;
  env = cdnEnv(cloudflare, site);
  cdn = await startCdn(env);
  env['PROSORA_CDN_PRIVATE_PORT'] = new URL(cdn.privateUrl).port;
});
afterAll(async () => {
  await cdn.stop();
  await zone[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

const status = async () => JSON.parse((await runVerb(env, 'status', '--json')).stdout);
const called = () => purgeCalls(cloudflare).map(({ subject }) => JSON.parse(subject ?? '{}'));

test('paths are purged under every URL that the site answers, and the site by its host', async () => {
  await vi.waitFor(async () => expect(await status()).toMatchObject({ isReady: true, waiting: 0 }));
  cloudflare.requests.clear();
  expect((await runVerb(env, 'purge', '/a-post/')).code).toBe(0);
  await vi.waitFor(() => expect(called()).toHaveLength(1));
  expect(called()[0].files).toContain('https://blog.example.com/a-post/');
  await runVerb(env, 'purge');
  await vi.waitFor(() => expect(called()[1]).toEqual({ hosts: ['blog.example.com'] }));
});

test('a path that says nothing of what else changed is no reason to leave that', async () => {
  await vi.waitFor(async () => expect(await status()).toMatchObject({ waiting: 0 }));
  cloudflare.requests.clear();
  const asked = runVerb(env, 'purge', '/a-post/');
  site.change();
  await asked;
  await vi.waitFor(() => expect(called()).toContainEqual({ hosts: ['blog.example.com'] }));
});

test('while Cloudflare refuses, status says what waits and why', async () => {
  await vi.waitFor(async () => expect(await status()).toMatchObject({ waiting: 0 }));
  cloudflare.settings.set({ tokenStatus: 'disabled' });
  await runVerb(env, 'purge');
  await vi.waitFor(async () => {
    expect(await status()).toMatchObject({
      waiting: 1,
      problem: expect.stringContaining('Invalid API Token'),
    });
  });
  cloudflare.settings.set({ tokenStatus: 'active' });
  await vi.waitFor(async () => expect(await status()).toMatchObject({ waiting: 0 }), 60_000);
});

test('the API is closed without its token', async () => {
  expect((await fetch(`${cdn.privateUrl}/operator/v1/status`)).status).toBe(401);
  expect((await fetch(`${cdn.privateUrl}/readyz`)).status).toBe(200);
  expect((await fetch(`${cdn.privateUrl}/livez`)).status).toBe(200);
});

test('where no service runs, a purge is written down for its next start', async () => {
  const here = cdnEnv(cloudflare, undefined);
  expect((await runVerb(here, 'init')).code).toBe(0);
  const said = await runVerb(here, 'purge', '/a/');
  expect(said.stdout).toContain('/a/ will be purged');
  const dataDir = here['PROSORA_CDN_DATA_DIR'] ?? '';
  await using changes = await openChanges({ dataDir, newStore: 'no', quietMs: 0, longestMs: 0 });
  expect(await changes.pending()).toMatchObject({ count: 1, paths: ['/a/'] });
});

test('a folder without a store is refused, since its disk may not be mounted', async () => {
  const { code, stderr } = await runVerb(
    { ...cdnEnv(cloudflare, site), PROSORA_CDN_NEW_STORE: 'no' },
    'serve',
  );
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('prosora-cdn init'),
  });
});

test('all that is missing is said at once', async () => {
  const { code, stderr } = await runVerb({ PROSORA_CDN_SITE_URL: 'blog' }, 'serve');
  expect(code).toBe(1);
  for (const name of [
    'PROSORA_CDN_SITE_URL',
    'CLOUDFLARE_API_TOKEN',
    'PROSORA_CDN_WEBHOOK_SECRET',
  ]) {
    expect(stderr).toContain(name);
  }
});

test('the OpenAPI document names what there is', () => {
  const file = join(import.meta.dirname, '../../../openapi.json');
  const { paths } = JSON.parse(readFileSync(file, 'utf8'));
  expect(Object.keys(paths).map((path) => path.split('/').at(-1))).toEqual([
    'status',
    'dead',
    'doctor',
    'purge',
    'replay',
  ]);
});
