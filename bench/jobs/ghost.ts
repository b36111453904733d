import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  adaptersConfig,
  buildAdapters,
  installAdapters,
} from '../../packages/ghost-jobs-durable/test/fixtures/ghost-with-adapters.ts';
import { bootGhost, type RunningGhost } from '../../packages/ghost-local/src/index.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';

const ROUNDS = 9;

/** Requests after a boot, so that what a site needs when it serves is there on both sides. */
const REQUESTS = 200;

/** Boots a Ghost with the adapters and one without in turns, so that both meet the same noise. */
export async function measureGhost(): Promise<Figure[]> {
  await using built = await buildAdapters();
  await using without = await makeSite(undefined);
  await using with_ = await makeSite(built.dir);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const site of round % 2 ? [without, with_] : [with_, without]) await measureBoot(site);
  }
  const figure = (name: string, key: keyof Boot, unit: string, most?: number): Figure => {
    const [value, bare] = [with_, without].map(({ boots }) =>
      quantile(
        boots.map((boot) => boot[key]),
        0.5,
      ),
    ) as [number, number];
    return {
      name: `${name} with both adapters`,
      value,
      unit,
      yardstick: { name: 'without', value: bare },
      ...(most === undefined
        ? {}
        : { budget: { description: `at most ${most} ${unit} more`, met: value - bare <= most } }),
    };
  };
  return [
    figure('boot of Ghost', 'ms', 'ms', 150),
    figure('memory of Ghost, garbage collected,', 'mib', 'MB', 15),
    figure('resident memory of Ghost after a boot', 'uncollectedMib', 'MB'),
  ];
}

interface Boot {
  ms: number;
  mib: number;
  /** How much of it is garbage is a matter of when V8 last collected: no budget can be held against it. */
  uncollectedMib: number;
}

interface Site extends AsyncDisposable {
  ghost: RunningGhost;
  collected: string;
  boots: Boot[];
}

/** A site whose first boot, which makes its database, is over. */
async function makeSite(built: string | undefined): Promise<Site> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-jobs-ghost-'));
  if (built !== undefined) await installAdapters(built, dir);
  const collected = join(dir, 'collected');
  const ghost = await bootGhost({
    dir,
    config: built === undefined ? {} : adaptersConfig(),
    preloads: [join(import.meta.dirname, 'collect-on-signal.mjs')],
    env: { BENCH_COLLECTED: collected },
  });
  await ghost.stop();
  return {
    ...{ ghost, collected, boots: [] },
    async [Symbol.asyncDispose]() {
      await ghost[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function measureBoot({ ghost, collected, boots }: Site): Promise<void> {
  await rm(collected, { force: true });
  await ghost.restart();
  const log = await readFile(ghost.logFile, 'utf8');
  const seconds = [...log.matchAll(/Ghost booted in ([\d.]+)s/g)].at(-1)?.[1];
  for (let request = 0; request < REQUESTS; request += 1) {
    await (await fetch(ghost.url + (request % 2 ? '/' : '/coming-soon/'))).text();
  }
  await sleep(2_000);
  const status = await readFile(`/proc/${ghost.pid}/status`, 'utf8');
  const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  process.kill(ghost.pid, 'SIGUSR2');
  while (!existsSync(collected)) await sleep(50);
  const bytes = Number(await readFile(collected, 'utf8'));
  await ghost.stop();
  boots.push({ ms: Number(seconds) * 1_000, mib: bytes / 2 ** 20, uncollectedMib: kib / 1_024 });
}
