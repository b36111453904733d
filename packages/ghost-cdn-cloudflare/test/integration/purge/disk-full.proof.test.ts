import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, mountSmallDisk, type SmallDisk, seededRandom } from '@prosora/service/testing';
import { expect, inject, type TestContext, test, vi } from 'vitest';
import { CHANGES_FILE } from '../../../src/changes/changes.ts';
import { signAsGhost } from '../../../src/index.ts';
import {
  cdnEnv,
  purgeCalls,
  readerSees,
  SECRET,
  spawnCdn,
  startCdn,
  startZone,
  tell,
} from '../../fixtures/cdn.ts';
import { startSite } from '../../fixtures/site.ts';

const { soak, seed } = inject('proof');
const ROUNDS = soak ? 48 : 6;
const BODY = '{"event":"site.changed"}';

/** When the disk becomes full: nothing is under way, a change waits for its purge, or the purge is under way. */
const MOMENTS = ['at rest', 'before a purge', 'amid a purge'] as const;

interface Row {
  id: string;
  source: string;
  purged_at: number | null;
}

function changesIn(dataDir: string): Row[] {
  using db = new DatabaseSync(join(dataDir, CHANGES_FILE), { readOnly: true });
  return db.prepare('select id, source, purged_at from site_change').all() as unknown as Row[];
}

/** Large enough for the log of SQLite, which is emptied at 16 MB. */
function smallDisk(context: TestContext): SmallDisk {
  return mountSmallDisk(32) ?? context.skip('a full disk needs the right to mount (root)');
}

const WELL = [200, 'ok\n'];
const FULL = [503, expect.stringMatching(/^store: .*the disk is full/)];

const answerOf = async (url: string) => {
  const response = await fetch(url);
  return [response.status, await response.text()] as const;
};

/** Tells of changes as Ghost does, each once; keeps which were taken. */
function createTeller(url: string) {
  const taken: string[] = [];
  let at = Date.now();
  return {
    taken,
    async tell(): Promise<number> {
      at = Math.max(at + 1, Date.now());
      const signature = signAsGhost(BODY, SECRET, at);
      const status = await tell(url, { body: BODY, signature });
      if (status === 200) taken.push(`ghost:${signature.slice('sha256='.length).split(',')[0]}`);
      return status;
    },
  };
}

test(`a disk that is full ${ROUNDS} times loses no change, whatever is under way and whoever is killed`, async (context) => {
  const random = seededRandom(seed);
  using disk = smallDisk(context);
  await using site = await startSite();
  await using zone = await startZone(site);
  const { cloudflare } = zone;
  cloudflare.settings.set({ plan: 'enterprise' });
  const dataDir = join(disk.folder, 'cdn');
  const env = cdnEnv(cloudflare, site, {
    PROSORA_CDN_DATA_DIR: dataDir,
    PROSORA_CDN_PORT: String(await freePort()),
    PROSORA_CDN_PRIVATE_PORT: String(await freePort()),
  });
  let cdn = await spawnCdn(env);
  const { url, privateUrl } = cdn;
  const ghost = createTeller(url);
  const shown = async () => (await readerSees(cloudflare)).text;
  // It knows nothing of what was before.
  await vi.waitUntil(() => purgeCalls(cloudflare).length > 0);

  async function allIsPurged(): Promise<void> {
    await vi.waitFor(
      async () => {
        expect(await shown()).toBe(`version ${site.version}`);
        expect(changesIn(dataDir).filter(({ purged_at: at }) => at === null)).toEqual([]);
        expect(await answerOf(`${privateUrl}/readyz`)).toEqual(WELL);
      },
      { timeout: 60_000, interval: 100 },
    );
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    const moment = MOMENTS[round % MOMENTS.length];
    await allIsPurged();
    // The edge keeps what a change makes old.
    const old = await shown();
    const takenBefore = ghost.taken.length;
    if (moment === 'amid a purge') {
      const fault = { latencyMs: 400 };
      cloudflare.faults.set([{ match: { path: '_cache$', times: 1 }, fault }]);
    }
    const purges = site.purges;
    if (moment !== 'at rest') {
      site.change({ heard: false });
      expect(await ghost.tell()).toBe(200);
      if (moment === 'amid a purge')
        await vi.waitUntil(() => site.purges > purges, { interval: 5 });
      else await delay(random() * 60);
    }
    // Room for a part of what a change writes, or for none of it.
    disk.fill(4_096 * Math.floor(random() * 16));
    for (let refused = 0; refused < 3; ) {
      site.change();
      const status = await ghost.tell();
      expect([200, 503]).toContain(status);
      if (status === 503) refused += 1;
    }
    expect(await answerOf(`${privateUrl}/readyz`)).toEqual(FULL);
    expect(await answerOf(`${privateUrl}/livez`)).toEqual(WELL);
    await delay(random() * 1_500);
    if (ghost.taken.length === takenBefore) expect(await shown()).toBe(old);
    expect([cdn.child.exitCode, cdn.child.signalCode]).toEqual([null, null]);
    if (round >= MOMENTS.length) {
      expect(await cdn.end(random() < 0.7 ? 'SIGKILL' : 'SIGTERM')).toBeOneOf([null, 0]);
      cdn = await spawnCdn(env);
      // Whoever ends well may have made room.
      disk.fill();
      expect(await ghost.tell()).toBe(503);
    }
    expect(await answerOf(`${privateUrl}/readyz`)).toEqual(FULL);
    disk.clear();
  }
  await allIsPurged();
  const rows = changesIn(dataDir);
  expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(ghost.taken));
  expect(await cdn.end('SIGTERM')).toBe(0);
});

test('what was taken before the disk was full is purged once there is room, though nobody tells of it again', async (context) => {
  using disk = smallDisk(context);
  await using site = await startSite();
  await using zone = await startZone(site);
  const { cloudflare } = zone;
  const dataDir = join(disk.folder, 'cdn');
  const env = cdnEnv(cloudflare, site, {
    PROSORA_CDN_DATA_DIR: dataDir,
    PROSORA_CDN_PORT: String(await freePort()),
    PROSORA_CDN_QUIET_MS: '1000',
    PROSORA_CDN_LONGEST_MS: '1000',
  });
  const seen = async () => (await readerSees(cloudflare)).text;
  let cdn = await spawnCdn(env);
  const { url } = cdn;
  for (const end of [undefined, 'SIGKILL', 'SIGTERM'] as const) {
    await vi.waitFor(async () => {
      expect(await seen()).toBe(`version ${site.version}`);
      expect(changesIn(dataDir).every(({ purged_at: at }) => at !== null)).toBe(true);
    });
    const version = site.change({ heard: false });
    expect(await createTeller(url).tell()).toBe(200);
    disk.fill();
    await delay(2_000);
    expect(await seen()).toBe(`version ${version - 1}`);
    if (end !== undefined) {
      expect(await cdn.end(end)).toBeOneOf([null, 0]);
      cdn = await spawnCdn(env);
      disk.fill();
      await delay(500);
      expect(await seen()).toBe(`version ${version - 1}`);
    }
    disk.clear();
    await vi.waitFor(async () => expect(await seen()).toBe(`version ${version}`));
  }
  expect(await cdn.end('SIGTERM')).toBe(0);
});

test('a purge whose end the disk does not take is done and told of once', async (context) => {
  using disk = smallDisk(context);
  await using site = await startSite();
  await using zone = await startZone(site);
  const lines: string[] = [];
  const ends = () => lines.filter((line) => line.includes('"site.purged"'));
  const env = cdnEnv(zone.cloudflare, site, { PROSORA_CDN_DATA_DIR: join(disk.folder, 'cdn') });
  await using cdn = await startCdn(env, lines);
  await vi.waitFor(() => expect(ends()).toHaveLength(1));
  const calls = purgeCalls(zone.cloudflare).length;
  zone.cloudflare.faults.set([{ match: { path: '_cache$', times: 1 }, fault: { latencyMs: 400 } }]);
  const { purges } = site;
  expect(await tell(cdn.url)).toBe(200);
  await vi.waitUntil(() => site.purges > purges);
  await delay(100);
  disk.fill();
  await vi.waitFor(() => expect(lines.join()).toContain('"store.failed"'));
  await delay(1_500);
  disk.clear();
  await vi.waitFor(() => expect(lines.at(-1)).toContain('"purge.ended"'));
  expect(purgeCalls(zone.cloudflare)).toHaveLength(calls + 1);
  expect(ends()).toHaveLength(2);
});

test('readiness says no from the first change that is refused until there is room for one, and no longer', async (context) => {
  using disk = smallDisk(context);
  await using site = await startSite();
  await using zone = await startZone(site);
  const lines: string[] = [];
  const env = cdnEnv(zone.cloudflare, undefined, {
    PROSORA_CDN_DATA_DIR: join(disk.folder, 'cdn'),
  });
  await using cdn = await startCdn(env, lines);
  const at = Date.now();
  expect(await tell(cdn.url, { at })).toBe(200);
  await vi.waitFor(() => expect(lines.at(-1)).toContain('"purge.ended"'));
  // Room for what readiness writes, and for no change.
  disk.fill(4 * 4_096);
  expect(await tell(cdn.url)).toBe(503);
  expect(await tell(cdn.url, { at })).toBe(200);
  const readiness = () => answerOf(`${cdn.privateUrl}/readyz`);
  expect([await readiness(), await readiness()]).toEqual([FULL, FULL]);
  disk.clear();
  expect([await readiness(), await readiness()]).toEqual([WELL, WELL]);
});
