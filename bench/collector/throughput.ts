import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { startCollector } from './collector-process.ts';
import { hitNumber } from './hits.ts';
import { type MeasuredServer, startServer } from './server.ts';

/** The compiler goes on for some 20,000 hits. */
const WARM_ROUNDS = 3;
const ROUNDS = 5;
const ROUND_SECONDS = 5;
const CONNECTIONS = 50;

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));

interface Round {
  hitsPerSecond: number;
  p50: number;
  p99: number;
  cpuUsPerHit: number;
}

/** The three take turns, so that what else the machine does meets all alike; the median round counts. */
export async function measureHits(dir: string): Promise<Figure[]> {
  const upstream = await startServer(at('./taking-upstream.ts'), {}, '1');
  const servers = {
    bare: await startServer(at('./bare-202.ts')),
    express: await startServer(at('./express-spool.ts')),
    ours: await startCollector(join(dir, 'hits'), upstream.url),
  };
  const rounds = { bare: [] as Round[], express: [] as Round[], ours: [] as Round[] };
  for (let round = -WARM_ROUNDS; round < ROUNDS; round += 1) {
    for (const name of ['bare', 'express', 'ours'] as const) {
      const measured = await drive(servers[name]);
      if (round >= 0) rounds[name].push(measured);
    }
  }
  const rssMb = servers.ours.peakRssMb();
  for (const server of [...Object.values(servers), upstream]) await server.stop();
  const of = (name: keyof typeof rounds, key: keyof Round) =>
    quantile(
      rounds[name].map((round) => round[key]),
      0.5,
    );
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
