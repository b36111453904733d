import type { CloudflareStandIn } from '@prosora/sandbox';
import type { Finding } from '@prosora/service';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openChanges } from '../../../src/changes/changes.ts';
import { createCloudflare } from '../../../src/cloudflare/api.ts';
import { createZoneFinder } from '../../../src/cloudflare/zone.ts';
import { examine } from '../../../src/zone/examine.ts';
import { planSetup } from '../../../src/zone/setup.ts';
import { createZoneState } from '../../../src/zone/zone-state.ts';
import { cdnEnv, HOST, readerSees, runVerb, startZone } from '../../fixtures/cdn.ts';
import { type Site, startSite } from '../../fixtures/site.ts';

const SITE = { siteUrl: `https://${HOST}`, hosts: [HOST] };
const THEIRS = {
  ref: 'shop',
  description: 'The shop',
  expression: '(http.host eq "shop.example.com")',
  action: 'set_cache_settings',
  action_parameters: { cache: false },
};

let site: Site;
let zone: Awaited<ReturnType<typeof startZone>>;
let cloudflare: CloudflareStandIn;

beforeAll(async () => {
  site = await startSite();
  zone = await startZone(site);
  cloudflare = zone.cloudflare;
});
afterAll(async () => {
  await zone[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});
beforeEach(() => cloudflare.reset());

const api = () => createCloudflare(cloudflare);
const state = () => createZoneState(api(), cloudflare.zoneId);
const plan = (originPulls = false) => planSetup(state(), { ...SITE, originPulls });
const env = () => cdnEnv(cloudflare, undefined);

async function findings(more = {}) {
  const client = api();
  const zoneOf = createZoneFinder(client, HOST, undefined);
  const dataDir = env()['PROSORA_CDN_DATA_DIR'] ?? '';
  await using changes = await openChanges({ dataDir, newStore: 'yes', quietMs: 0, longestMs: 0 });
  const found: Finding[] = [];
  const options = { ...SITE, cloudflare: client, zone: zoneOf, changes, ...more };
  for await (const finding of examine(options)) found.push(finding);
  return found;
}

async function addRecord(proxied: boolean): Promise<void> {
  const { apiUrl, zoneId, token } = cloudflare;
  await fetch(`${apiUrl}/zones/${zoneId}/dns_records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'A', name: HOST, content: '203.0.113.10', proxied }),
  });
}

test('a dry run says what would be done and does nothing', async () => {
  const { stdout, code } = await runVerb(env(), 'setup', '--dry-run');
  expect(code).toBe(0);
  expect(stdout).toContain('  + strict: ');
  expect(stdout).toContain('ssl: would be set');
  expect(await state().rules('http_request_cache_settings')).toEqual([]);
  expect(await state().setting('ssl')).toBe('full');
});

test('setup sets the zone, keeps the rules of others, and has nothing to do the second time', async () => {
  await state().replaceRules('http_request_cache_settings', [THEIRS]);
  const { stdout, code } = await runVerb(env(), 'setup', '--origin-pulls');
  expect({ code, stdout }).toMatchObject({ code: 0 });
  // What is there is shown before it is replaced.
  expect(stdout).toContain('  - The shop: set_cache_settings if (http.host eq "shop.example.com")');
  const rules = await state().rules('http_request_cache_settings');
  expect(rules.map(({ ref }) => ref)).toEqual([
    'prosora_pages',
    'prosora_files',
    'prosora_personal',
    'shop',
  ]);
  expect((await plan(true)).filter(({ isDone }) => !isDone)).toEqual([]);
  expect((await runVerb(env(), 'setup')).stdout).not.toContain('  +');
});

test('a rule of ours that somebody changed is set right', async () => {
  for (const step of await plan()) await step.apply();
  const [first, ...rest] = await state().rules('http_request_cache_settings');
  if (first !== undefined) {
    await state().replaceRules('http_request_cache_settings', [
      { ...first, enabled: false },
      ...rest,
    ]);
  }
  const [phase] = await plan();
  expect(phase).toMatchObject({ name: 'http_request_cache_settings', isDone: false });
  expect(phase?.now[0]).toContain('(off)');
});

test('a token that may not set it up fails, and says what Cloudflare said', async () => {
  cloudflare.settings.set({ permissions: ['Zone Read', 'Cache Purge'] });
  const { code, stderr } = await runVerb(env(), 'setup');
  expect(code).toBe(1);
  expect(stderr).toContain('Authentication error');
});

test('after setup the doctor finds all well', async () => {
  for (const step of await plan()) await step.apply();
  await addRecord(true);
  const believed = (await state().addresses()).join(' ');
  expect((await findings({ believed })).filter(({ status }) => status !== 'ok')).toEqual([]);
});

test.each<[string, string, Record<string, string>]>([
  ['a member', '/', { cookie: 'ghost-members-ssr=reader%40example.com' }],
  ['a member of staff', '/', { cookie: 'ghost-admin-api-session=s' }],
  ['whoever shows a key', '/', { authorization: 'Ghost key' }],
  ['whoever pays', '/', { 'x-payment': 'p' }],
  ['Admin', '/ghost/', {}],
  ['a preview', '/p/5f0c/', {}],
  ['a link that is counted', '/r/5f0c', {}],
  ['a post for machines', '/a-post.md', {}],
])('the edge keeps nothing of %s', async (_who, path, headers) => {
  for (const step of await plan()) await step.apply();
  for (let time = 0; time < 2; time += 1) {
    const { status } = await readerSees(cloudflare, path, headers);
    expect(['DYNAMIC', 'BYPASS']).toContain(status);
  }
});

test('before it, the doctor says what is not', async () => {
  await addRecord(false);
  const found = await findings({ believed: '173.245.48.0/20' });
  const bad = found.filter(({ status }) => status !== 'ok').map(({ name }) => name);
  expect(bad).toEqual([
    'rules',
    'rules',
    'ssl',
    'email_obfuscation',
    'http3',
    'records',
    'networks',
  ]);
  for (const { remedy, status } of found) if (status === 'fail') expect(remedy).toBeTruthy();
});

test('a token that sees no zone is one finding, with its remedy', async () => {
  cloudflare.settings.set({ zone: 'example.net' });
  expect(await findings()).toEqual([
    expect.objectContaining({ name: 'store', status: 'ok' }),
    {
      name: 'zone',
      status: 'fail',
      sentence: `The token sees no zone that ${HOST} is in.`,
      remedy: expect.stringContaining('CLOUDFLARE_ZONE_ID'),
    },
  ]);
});
