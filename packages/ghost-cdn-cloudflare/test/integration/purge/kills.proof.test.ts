import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, type ServiceProcess, seededRandom } from '@prosora/service/testing';
import { expect, inject, test, vi } from 'vitest';
import { cdnEnv, purgeCalls, readerSees, spawnCdn, startZone, tell } from '../../fixtures/cdn.ts';
import { startSite } from '../../fixtures/site.ts';

const { soak, seed } = inject('proof');
const KILLS = soak ? 20 : 3;
const PUBLISHES = soak ? 500 : 40;
const RULES = { quietMs: 200, longestMs: 1_500 };

interface Row {
  received_at: number;
  purged_at: number | null;
}

function changesIn(env: Record<string, string>): Row[] {
  using db = new DatabaseSync(`${env['PROSORA_CDN_DATA_DIR']}/cdn.db`, { readOnly: true });
  const sql = 'select received_at, purged_at from site_change order by seq';
  return db.prepare(sql).all() as unknown as Row[];
}

/** The fewest calls that suffice for changes that came at these times, if each waits as long as it may. */
function fewestCalls(rows: readonly Row[]): number {
  let calls = 0;
  let due = Number.NEGATIVE_INFINITY;
  for (const { received_at: at } of rows) {
    if (at <= due) continue;
    calls += 1;
    due = at + RULES.longestMs;
  }
  return calls;
}

test(`killed ${KILLS} times while ${PUBLISHES} publishes go through, no old page stays`, async () => {
  const random = seededRandom(seed);
  await using site = await startSite();
  await using zone = await startZone(site);
  const { cloudflare } = zone;
  cloudflare.settings.set({ plan: 'enterprise' });
  const env = cdnEnv(cloudflare, site, {
    PROSORA_CDN_PORT: String(await freePort()),
    PROSORA_CDN_QUIET_MS: String(RULES.quietMs),
    PROSORA_CDN_LONGEST_MS: String(RULES.longestMs),
  });
  let cdn: ServiceProcess = await spawnCdn(env);
  const { url } = cdn;
  let publishing = true;
  const reading = (async () => {
    while (publishing) {
      await readerSees(cloudflare);
      await delay(10);
    }
  })();
  const published = (async () => {
    for (let count = 0; count < PUBLISHES; count += 1) {
      site.change();
      await tell(url, { at: Date.now() + count });
      await delay(random() * 200);
    }
  })();
  for (let kill = 0; kill < KILLS; kill += 1) {
    await delay(500 + random() * 2_000);
    await cdn.end('SIGKILL');
    cdn = await spawnCdn(env);
  }
  await published;
  publishing = false;
  await reading;
  await vi.waitFor(
    async () => {
      expect((await readerSees(cloudflare)).text).toBe(`version ${site.version}`);
      expect(changesIn(env).filter(({ purged_at: at }) => at === null)).toEqual([]);
    },
    { timeout: 60_000, interval: 200 },
  );
  const rows = changesIn(env);
  const calls = purgeCalls(cloudflare).length;
  const fewest = fewestCalls(rows);
  console.log(
    `${PUBLISHES} publishes, ${KILLS} kills: ${rows.length} changes told of, all purged in ${calls} calls; ${fewest} suffice (seed ${seed})`,
  );
  // A call that a kill cut off is made again.
  expect(calls).toBeLessThanOrEqual(1.1 * fewest + KILLS);
  expect(await cdn.end('SIGTERM')).toBe(0);
});
