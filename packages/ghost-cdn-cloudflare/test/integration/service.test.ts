import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { CdnService } from '../../src/service.ts';
import { cdnEnv, purgeCalls, readerSees, startCdn, startZone, tell } from '../fixtures/cdn.ts';
import { type Site, startSite } from '../fixtures/site.ts';

let site: Site;
let zone: Awaited<ReturnType<typeof startZone>>;
let cdn: CdnService | undefined;
const lines: string[] = [];

beforeAll(async () => {
  site = await startSite();
  zone = await startZone(site);
});
afterAll(async () => {
  await zone[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});
beforeEach(async () => {
  zone.cloudflare.faults.clear();
  zone.cloudflare.requests.clear();
  site.isAway = false;
  lines.length = 0;
});
afterEach(async () => {
  await cdn?.stop();
  cdn = undefined;
});

async function start(more: Record<string, string> = {}): Promise<CdnService> {
  cdn = await startCdn(cdnEnv(zone.cloudflare, site, more), lines);
  // It knows nothing of what was before.
  await vi.waitFor(() => expect(purgeCalls(zone.cloudflare)).not.toEqual([]));
  await settled(cdn);
  return cdn;
}

/** Until all that was told is purged everywhere. */
async function settled({ privateUrl }: CdnService): Promise<void> {
  await vi.waitFor(async () => {
    const text = await (await fetch(`${privateUrl}/metrics`)).text();
    expect(text).toMatch(/^prosora_cdn_oldest_change_seconds\S* 0$/m);
  });
}

/** A reader has had the page, so that the edge keeps it. */
async function keptAtTheEdge(): Promise<void> {
  await readerSees(zone.cloudflare);
  expect((await readerSees(zone.cloudflare)).status).toBe('HIT');
}

test('what Ghost tells of is at the edge, and pages that have not changed come back by their ETag', async () => {
  const { url } = await start();
  await keptAtTheEdge();
  const version = site.change({ heard: false });
  expect((await readerSees(zone.cloudflare)).text).not.toBe(`version ${version}`);
  expect(await tell(url)).toBe(200);
  await vi.waitFor(async () => {
    expect(await readerSees(zone.cloudflare)).toEqual({
      text: `version ${version}`,
      status: 'EXPIRED',
    });
  });
  const paths = purgeCalls(zone.cloudflare).map(({ path }) => path.split('/').at(-1));
  expect(new Set(paths)).toEqual(new Set(['invalidate_cache']));
});

test('where the zone has no invalidation, pages are purged', async () => {
  zone.cloudflare.settings.set({ invalidate: false });
  try {
    const service = await start();
    await keptAtTheEdge();
    const version = site.change({ heard: false });
    await tell(service.url);
    await vi.waitFor(async () => {
      expect(await readerSees(zone.cloudflare)).toEqual({
        text: `version ${version}`,
        status: 'MISS',
      });
    });
  } finally {
    zone.cloudflare.settings.set({ invalidate: true });
  }
});

test('what only the memory of pages has seen is purged, too', async () => {
  const service = await start();
  await keptAtTheEdge();
  const version = site.change();
  await vi.waitFor(async () => {
    expect((await readerSees(zone.cloudflare)).text).toBe(`version ${version}`);
  });
  // Its own purge moves the mark as well, and is no change.
  await settled(service);
  const calls = purgeCalls(zone.cloudflare).length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(purgeCalls(zone.cloudflare)).toHaveLength(calls);
});

test('what happened while the service was away is purged at its next start', async () => {
  const env = cdnEnv(zone.cloudflare, site);
  const before = await startCdn(env, lines);
  await vi.waitFor(() => expect(purgeCalls(zone.cloudflare)).not.toEqual([]));
  await settled(before);
  await keptAtTheEdge();
  await before.stop();
  const version = site.change();
  cdn = await startCdn(env, lines);
  await vi.waitFor(async () => {
    expect((await readerSees(zone.cloudflare)).text).toBe(`version ${version}`);
  });
});

test('without a memory of pages each start purges once, since nobody knows what changed', async () => {
  cdn = await startCdn(cdnEnv(zone.cloudflare, undefined), lines);
  await settled(cdn);
  expect(purgeCalls(zone.cloudflare)).toHaveLength(1);
});

test('a page is not asked for anew at Cloudflare before the memory of pages is empty', async () => {
  const service = await start();
  zone.cloudflare.requests.clear();
  site.isAway = true;
  await tell(service.url);
  await vi.waitFor(() => expect(lines.join()).toContain('pages answered 403 to PURGE'));
  expect(purgeCalls(zone.cloudflare)).toEqual([]);
  site.isAway = false;
  await settled(service);
  expect(purgeCalls(zone.cloudflare)).toHaveLength(1);
});

test('a change that comes while a purge is under way has a purge of its own', async () => {
  const service = await start();
  await keptAtTheEdge();
  zone.cloudflare.requests.clear();
  zone.cloudflare.faults.set([{ match: { path: '_cache$', times: 1 }, fault: { latencyMs: 600 } }]);
  const purges = site.purges;
  await tell(service.url);
  await vi.waitFor(() => expect(site.purges).toBe(purges + 1));
  const version = site.change({ heard: false });
  await tell(service.url, { at: Date.now() + 1 });
  await settled(service);
  expect(purgeCalls(zone.cloudflare)).toHaveLength(2);
  expect((await readerSees(zone.cloudflare)).text).toBe(`version ${version}`);
});

test('a burst of changes becomes few calls', async () => {
  const service = await start({ PROSORA_CDN_QUIET_MS: '500', PROSORA_CDN_LONGEST_MS: '5000' });
  zone.cloudflare.requests.clear();
  const at = Date.now();
  for (let change = 0; change < 100; change += 1) await tell(service.url, { at: at + change });
  await settled(service);
  expect(purgeCalls(zone.cloudflare).length).toBeLessThanOrEqual(10);
});

test('no secret is in the log', async () => {
  const service = await start();
  await tell(service.url, { secret: 'another-secret-of-a-site' });
  await tell(service.url);
  await settled(service);
  const { token } = zone.cloudflare;
  for (const secret of [token, 'secret-of-the-webhook', site.pagesToken]) {
    expect(lines.join()).not.toContain(secret);
  }
});
