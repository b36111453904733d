import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, readOptions } from '@prosora/service';
import { type Collector, startCollector } from '../../src/collector.ts';
import { collectorOptions } from '../../src/options.ts';
import { FIREFOX, hitBody, SITE } from '../hits.ts';

/** The token of the tests. */
export const TOKEN = 'tracker-token-of-this-test';

/** A fresh data directory. */
export function freshDir(): string {
  return mkdtempSync(join(tmpdir(), 'prosora-collector-'));
}

/** The variables of a collector on free ports. */
export function collectorEnv(upstreamUrl: string, env: Record<string, string> = {}) {
  return {
    TINYBIRD_HOST: upstreamUrl,
    TINYBIRD_TRACKER_TOKEN: TOKEN,
    PROSORA_COLLECTOR_DATA_DIR: freshDir(),
    PROSORA_COLLECTOR_PORT: '0',
    PROSORA_COLLECTOR_PRIVATE_PORT: '0',
    PROSORA_COLLECTOR_BATCH_MS: '20',
    PROSORA_COLLECTOR_HITS_PER_MINUTE: '0',
    ...env,
  };
}

/** Starts one in this process; `lines` are what it logged. */
export async function startTestCollector(
  env: Record<string, string>,
): Promise<Collector & { lines: string[] }> {
  const lines: string[] = [];
  const logger = createLogger({
    name: 'collector',
    level: 'debug',
    secrets: [TOKEN],
    destination: { write: (line) => void lines.push(line) },
  });
  return { ...(await startCollector(readOptions(collectorOptions, env), logger)), lines };
}

/** Posts a hit as Ghost's script does. */
export async function postHit(
  url: string,
  payload: Record<string, unknown> = {},
  { headers = {}, path = '/api/v1/page_hit?name=analytics_events' } = {},
): Promise<Response> {
  return await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': FIREFOX,
      'x-site-uuid': SITE,
      ...headers,
    },
    body: JSON.stringify(hitBody({ event_id: randomUUID(), ...payload })),
  });
}

/** The event ids of rows. */
export function eventIds(rows: readonly string[]): string[] {
  return rows.map((row) => JSON.parse(row).payload.event_id);
}

/** The value of a metric line with these labels. */
export async function metric(privateUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${privateUrl}/metrics`)).text();
  const lines = text.replaceAll('{service="collector"}', '').replaceAll(',service="collector"', '');
  const line = lines.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}
