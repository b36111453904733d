import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ServiceProcess, spawnService } from '@prosora/service/testing';
import {
  cdnEnv,
  readerSees,
  startZone,
  tell,
} from '../packages/ghost-cdn-cloudflare/test/fixtures/cdn.ts';
import { startSite } from '../packages/ghost-cdn-cloudflare/test/fixtures/site.ts';
import type { Figure } from './figure.ts';
import { quantile } from './quantile.ts';

const PACKAGE = join(import.meta.dirname, '../packages/ghost-cdn-cloudflare');
const PUBLISHES = 40;
/** How long Cloudflare's stand-in takes for a call. */
const CALL_MS = 100;

/** From a publish until a reader sees it at the edge, with the waits that users have; and memory at rest. */
export async function run(): Promise<Figure[]> {
  execFileSync('npm', ['run', 'build'], { cwd: PACKAGE, stdio: 'ignore' });
  await using site = await startSite();
  await using zone = await startZone(site);
  const { cloudflare } = zone;
  cloudflare.settings.set({ plan: 'pro' });
  cloudflare.faults.set([{ match: { path: '^/client/' }, fault: { latencyMs: CALL_MS } }]);
  const env = cdnEnv(cloudflare, site, {
    PROSORA_CDN_QUIET_MS: '',
    PROSORA_CDN_LONGEST_MS: '',
    PROSORA_CDN_PAGES_EVERY_MS: '',
  });
  const cdn = await spawnService([join(PACKAGE, 'dist/cli.js')], env);
  try {
    await delay(10_000);
    const idle = memoryOf(cdn);
    const waits: number[] = [];
    for (let publish = 0; publish < PUBLISHES; publish += 1) {
      await readerSees(cloudflare);
      const publishedAt = performance.now();
      const version = site.change();
      await tell(cdn.url, { at: Date.now() });
      while ((await readerSees(cloudflare)).text !== `version ${version}`) await delay(20);
      waits.push((performance.now() - publishedAt) / 1_000);
      // So that the next comes at any moment of the look at the memory of pages.
      await delay(Math.random() * 2_000);
    }
    const p95 = quantile(waits, 0.95);
    return [
      { name: 'publish to fresh at the edge, p50', value: quantile(waits, 0.5), unit: 's' },
      {
        name: 'publish to fresh at the edge, p95',
        value: p95,
        unit: 's',
        budget: { description: '< 3 s', met: p95 < 3 },
      },
      {
        name: 'memory of its own at rest',
        value: idle.own,
        unit: 'MB',
        budget: { description: '≤ 70 MB', met: idle.own <= 70 },
      },
      { name: 'resident memory at rest, the file of Node included', value: idle.all, unit: 'MB' },
      {
        name: `memory of its own after ${PUBLISHES} publishes`,
        value: memoryOf(cdn).own,
        unit: 'MB',
      },
    ];
  } finally {
    await cdn.end('SIGTERM');
  }
}

/** Resident memory in MB, and how much of it is not the file of Node, which all its processes share. */
function memoryOf({ child }: ServiceProcess): { all: number; own: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const mb = (name: string) =>
    (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1_024) / 1e6;
  return { all: mb('VmRSS'), own: mb('RssAnon') };
}
