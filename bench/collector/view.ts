import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AdminClient, bootGhost, createAdminClient, installGhost } from '@prosora/ghost-local';
import type { Figure } from '../figure.ts';
import { startCollector, TRACKER_TOKEN } from './collector-process.ts';
import { hitNumber } from './hits.ts';
import { startServer } from './server.ts';

const ENGINE = fileURLToPath(
  new URL('../../packages/analytics-engine/src/cli.ts', import.meta.url),
);
const ADMIN_TOKEN = 'admin-token-of-the-bench-of-32-or-more';
const VIEWS = 30;
const DAY_MS = 86_400_000;

/**
 * From a page view until Ghost's own stats API shows it: Ghost asks the collector, which asks the engine,
 * with the usual second of batching in between.
 */
export async function measureView(dir: string): Promise<Figure[]> {
  const install = await installGhost();
  const engine = await startServer(
    ENGINE,
    {
      GHOST_DIR: install.dir,
      PROSORA_ENGINE_ADMIN_TOKEN: ADMIN_TOKEN,
      PROSORA_ENGINE_TRACKER_TOKEN: TRACKER_TOKEN,
      PROSORA_ENGINE_DATA_DIR: join(dir, 'engine'),
      PROSORA_ENGINE_PORT: '0',
      PROSORA_ENGINE_PRIVATE_PORT: '0',
    },
    '0,1',
  );
  const collector = await startCollector(join(dir, 'views'), engine.url);
  const analytics = `${collector.url}/.ghost/analytics`;
  await using ghost = await bootGhost({
    install,
    config: {
      tinybird: {
        workspaceId: 'any',
        adminToken: ADMIN_TOKEN,
        tracker: { endpoint: `${analytics}/api/v1/page_hit`, datasource: 'analytics_events' },
        stats: { endpoint: analytics },
      },
    },
  });
  const admin = createAdminClient(ghost);
  await admin.setup();
  const [setting] = await ghost.sql(`SELECT value FROM settings WHERE "key" = 'site_uuid'`);
  const times: number[] = [];
  // The first one finds Ghost and the engine cold.
  for (let view = -1; view < VIEWS; view += 1) {
    const pathname = `/seen-${view}/`;
    const hit = hitNumber(view + 1, { site_uuid: String(setting?.['value']), pathname });
    const startedAt = performance.now();
    await fetch(`${analytics}/api/v1/page_hit?name=analytics_events`, { method: 'POST', ...hit });
    while (!(await isShown(admin, pathname))) await delay(20);
    if (view >= 0) times.push(performance.now() - startedAt);
  }
  await collector.stop();
  await engine.stop();
  const p95 = times.toSorted((a, b) => a - b)[Math.floor(VIEWS * 0.95)] ?? Number.NaN;
  return [
    {
      name: `from a page view to Ghost's stats API, p95 of ${VIEWS}`,
      value: p95 / 1_000,
      unit: 's',
      budget: { description: '< 3 s', met: p95 < 3_000 },
    },
  ];
}

let days = 0;

/** Ghost keeps an answer for a while, so each question is about another time. */
async function isShown(admin: AdminClient, pathname: string): Promise<boolean> {
  const day = (offset: number) => new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10);
  days += 1;
  const query = {
    date_from: day(-1),
    date_to: day(days),
    timezone: 'Etc/UTC',
    limit: '100',
  };
  const { stats } = (await admin.stats('top-content', query)) as { stats: { pathname: string }[] };
  return stats.some((each) => each.pathname === pathname);
}
