import type { CloudflareStandIn, FaultRule } from '@prosora/sandbox';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { CdnService } from '../../../src/service.ts';
import { cdnEnv, purgeCalls, readerSees, startCdn, startZone, tell } from '../../fixtures/cdn.ts';
import { type Site, startSite } from '../../fixtures/site.ts';

let site: Site;
let zone: Awaited<ReturnType<typeof startZone>>;
let cloudflare: CloudflareStandIn;
let cdn: CdnService;

beforeAll(async () => {
  site = await startSite();
  zone = await startZone(site);
  cloudflare = zone.cloudflare;
  cdn = await startCdn(cdnEnv(cloudflare, site));
  await vi.waitFor(() => expect(purgeCalls(cloudflare)).not.toEqual([]));
});
afterAll(async () => {
  await cdn.stop();
  await zone[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});
beforeEach(() => {
  cloudflare.faults.clear();
  cloudflare.requests.clear();
});

/** Publishes while the edge holds what was before, and returns once readers see it. */
async function publish(): Promise<void> {
  await readerSees(cloudflare);
  const version = site.change({ heard: false });
  await tell(cdn.url, { at: Date.now() + version });
  await vi.waitFor(
    async () => expect((await readerSees(cloudflare)).text).toBe(`version ${version}`),
    { timeout: 60_000, interval: 100 },
  );
}

const on = (fault: FaultRule['fault'], times = 2): FaultRule[] => [
  { match: { path: '_cache$', times }, fault },
];

test.each<[string, FaultRule['fault']]>([
  ['429 with a wait', { status: 429, headers: { 'retry-after': '1' } }],
  ['500 of nobody knows whom', { status: 500, body: '<html>' }],
  ['nothing, before anything was done', { dropBeforeHandling: true }],
  ['nothing, after all was done', { dropAfterAccept: true }],
  ['200 that is not of Cloudflare', { status: 200, body: '<html>hotel</html>' }],
  ['slowly', { latencyMs: 1_500 }],
])('where Cloudflare answers %s, what was published is shown in the end', async (_what, fault) => {
  cloudflare.faults.set(on(fault));
  await publish();
});

test('after a 429 nobody asks before the time that it named', async () => {
  cloudflare.faults.set(on({ status: 429, headers: { 'retry-after': '2' } }, 1));
  await publish();
  const [refused, next] = purgeCalls(cloudflare).map(({ at }) => Date.parse(at));
  expect((next ?? 0) - (refused ?? 0)).toBeGreaterThanOrEqual(1_900);
});

test('while the token is revoked changes wait, and status says why', async () => {
  cloudflare.settings.set({ tokenStatus: 'disabled' });
  const publishing = publish();
  await vi.waitFor(() => expect(purgeCalls(cloudflare).length).toBeGreaterThan(1));
  cloudflare.settings.set({ tokenStatus: 'active' });
  await publishing;
});

test('the calls that the free plan grants are never exceeded', async () => {
  const service = cdn;
  for (let round = 0; round < 3; round += 1) {
    await tell(service.url, { at: Date.now() + 10_000 + round });
    await publish();
  }
  expect(purgeCalls(cloudflare).filter(({ status }) => status === 429)).toEqual([]);
});
