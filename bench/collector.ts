import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installGhost } from '@prosora/ghost-local';
import autocannon from 'autocannon';
import { openSpool } from '../packages/ghost-analytics-tinybird/src/spool/spool.ts';
import { hitNumber } from './collector/hits.ts';
import { type MeasuredServer, startServer } from './collector/server.ts';
import type { Figure } from './figure.ts';

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const PACKAGE = at('../packages/ghost-analytics-tinybird');
const COLLECTOR = join(PACKAGE, 'dist/cli.js');
const ENGINE = at('../packages/analytics-engine/src/cli.ts');
const TOKEN = 'tracker-token-of-the-bench';
const ADMIN_TOKEN = 'admin-token-of-the-bench';
const ROUNDS = 3;
const ROUND_SECONDS = 6;
const CONNECTIONS = 50;
const SPOOL_GIB = 10;
const VIEWS = 30;

/** What the collector takes, what it costs, and how soon a view is in the charts. */
export async function run(): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-bench-collector-'));
  // What users run, which is one file.
  execFileSync('npm', ['run', 'build'], { cwd: PACKAGE, stdio: 'ignore' });
  try {
    return [
      ...(await measureHits(dir)),
      ...(await measureFullSpool(dir)),
      await measureViewToChart(dir),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function collectorEnv(dir: string, upstream: string): Record<string, string> {
  return {
    TINYBIRD_HOST: upstream,
    TINYBIRD_TRACKER_TOKEN: TOKEN,
    PROSORA_COLLECTOR_DATA_DIR: dir,
    PROSORA_COLLECTOR_PORT: '0',
    PROSORA_COLLECTOR_PRIVATE_PORT: '0',
    PROSORA_COLLECTOR_MAX_SPOOL_BYTES: String(20 * 2 ** 30),
  };
}

interface Round {
  hitsPerSecond: number;
  p50: number;
  p99: number;
  cpuUsPerHit: number;
}

/** The three take turns, so that what else the machine does meets all alike; the median round counts. */
async function measureHits(dir: string): Promise<Figure[]> {
  const upstream = await startServer(at('./collector/taking-upstream.ts'), {}, '1');
  const servers = {
    bare: await startServer(at('./collector/bare-202.ts')),
    express: await startServer(at('./collector/express-spool.ts')),
    ours: await startServer(COLLECTOR, collectorEnv(join(dir, 'hits'), upstream.url)),
  };
  const rounds = { bare: [] as Round[], express: [] as Round[], ours: [] as Round[] };
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of ['bare', 'express', 'ours'] as const) {
      const measured = await drive(servers[name]);
      // The first is for the compiler to get warm.
      if (round >= 0) rounds[name].push(measured);
    }
  }
  const rssMb = servers.ours.peakRssMb();
  for (const server of [...Object.values(servers), upstream]) await server.stop();
  const of = (name: keyof typeof rounds, key: keyof Round) =>
    median(rounds[name].map((round) => round[key]));
  const [ours, express, bare] = [
    of('ours', 'hitsPerSecond'),
    of('express', 'hitsPerSecond'),
    of('bare', 'hitsPerSecond'),
  ];
  return [
    {
      name: 'hits on one core, enriched and fsynced',
      value: ours,
      unit: 'hits/s',
      yardstick: { name: 'Express 5, JSON and the same group fsync', value: express },
      budget: {
        description: '≥ 3,000/s and ≥ 80 % of that',
        met: ours >= 3_000 && ours >= 0.8 * express,
      },
    },
    {
      name: 'the same beside a bare server',
      value: ours,
      unit: 'hits/s',
      yardstick: { name: 'node:http that says 202', value: bare },
    },
    ...(['p50', 'p99'] as const).map((key) => ({
      name: `answer at full load, ${key}`,
      value: of('ours', key),
      unit: 'ms',
      yardstick: { name: 'Express 5, as above', value: of('express', key) },
    })),
    {
      name: 'processor time of a hit',
      value: of('ours', 'cpuUsPerHit'),
      unit: 'µs',
      yardstick: { name: 'Express 5, as above', value: of('express', 'cpuUsPerHit') },
    },
    {
      name: 'most memory under that load',
      value: rssMb,
      unit: 'MB',
      budget: { description: '≤ 130 MB', met: rssMb <= 130 },
    },
  ];
}

let sent = 0;

async function drive(server: MeasuredServer): Promise<Round> {
  const cpuBefore = server.cpuMs();
  const result = await autocannon({
    url: `${server.url}/api/v1/page_hit?name=analytics_events`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: ROUND_SECONDS,
    requests: [
      {
        setupRequest(request) {
          const { headers, body } = hitNumber(sent++);
          // The Express of the yardstick only reads JSON by its name.
          return { ...request, headers: { ...headers, 'content-type': 'application/json' }, body };
        },
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} hits were refused and ${result.errors} failed.`);
  }
  return {
    hitsPerSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpuUsPerHit: ((server.cpuMs() - cpuBefore) * 1_000) / result['2xx'],
  };
}

/** Ten GiB in segments of 4 MiB: one that is real, under as many names. */
async function measureFullSpool(dir: string): Promise<Figure[]> {
  const nowhere = 'http://127.0.0.1:9';
  const empty = await startServer(COLLECTOR, collectorEnv(join(dir, 'empty'), nowhere));
  await empty.stop();
  const folder = join(dir, 'full', 'spool');
  mkdirSync(folder, { recursive: true });
  {
    await using spool = await openSpool({ folder, maxBytes: 2 ** 30 });
    const { body } = hitNumber(1);
    while (spool.bytes < 4 * 2 ** 20) {
      await Promise.all(Array.from({ length: 500 }, () => spool.append(body)));
    }
  }
  const [real = ''] = readdirSync(folder);
  const segments = (SPOOL_GIB * 2 ** 30) / (4 * 2 ** 20);
  for (let order = 2; order <= segments; order += 1) {
    linkSync(
      join(folder, real),
      join(folder, `${String(order).padStart(10, '0')}${real.slice(10)}`),
    );
  }
  const full = await startServer(COLLECTOR, collectorEnv(join(dir, 'full'), nowhere));
  const rssMb = full.peakRssMb();
  await full.stop();
  return [
    {
      name: `start-up with ${SPOOL_GIB} GiB in the spool`,
      value: full.startMs,
      unit: 'ms',
      yardstick: { name: 'with an empty one', value: empty.startMs },
    },
    { name: 'memory after that start', value: rssMb, unit: 'MB' },
  ];
}

/** As Ghost Admin asks: through the collector, with the engine behind it and the usual second of batching. */
async function measureViewToChart(dir: string): Promise<Figure> {
  const engine = await startServer(
    ENGINE,
    {
      GHOST_DIR: (await installGhost()).dir,
      PROSORA_ENGINE_ADMIN_TOKEN: ADMIN_TOKEN,
      PROSORA_ENGINE_TRACKER_TOKEN: TOKEN,
      PROSORA_ENGINE_DATA_DIR: join(dir, 'engine'),
      PROSORA_ENGINE_PORT: '0',
      PROSORA_ENGINE_PRIVATE_PORT: '0',
    },
    '0,1',
  );
  const collector = await startServer(COLLECTOR, collectorEnv(join(dir, 'views'), engine.url));
  const times: number[] = [];
  for (let view = 0; view < VIEWS; view += 1) {
    const post_uuid = crypto.randomUUID();
    const startedAt = performance.now();
    const hit = hitNumber(view, { post_uuid });
    await fetch(`${collector.url}/api/v1/page_hit?name=analytics_events`, {
      method: 'POST',
      ...hit,
    });
    while ((await viewsOf(collector, post_uuid)) !== 1) await delay(20);
    times.push(performance.now() - startedAt);
  }
  await collector.stop();
  await engine.stop();
  const p95 = times.toSorted((a, b) => a - b)[Math.floor(VIEWS * 0.95)] ?? Number.NaN;
  return {
    name: `from a page view to the chart, p95 of ${VIEWS}`,
    value: p95 / 1_000,
    unit: 's',
    budget: { description: '< 3 s', met: p95 < 3_000 },
  };
}

async function viewsOf({ url }: MeasuredServer, post_uuid: string): Promise<number> {
  const day = new Date().toISOString().slice(0, 10);
  const query = new URLSearchParams({
    ...{ site_uuid: '4b5c7f3e-1b0a-4c55-8d36-3d1b4b2b9c11', post_uuid, timezone: 'UTC' },
    ...{ date_from: day, date_to: day },
  });
  const answer = await fetch(`${url}/.ghost/analytics/v0/pipes/api_kpis.json?${query}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  const { data } = (await answer.json()) as { data: { pageviews: number }[] };
  return data.reduce((sum, { pageviews }) => sum + Number(pageviews), 0);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
