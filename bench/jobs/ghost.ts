import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  adaptersConfig,
  buildAdapters,
  installAdapters,
} from '../../packages/ghost-jobs-durable/test/fixtures/ghost-with-adapters.ts';
import { bootGhost } from '../../packages/ghost-local/src/index.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';

const ROUNDS = 7;

/** Boots a Ghost with the adapters and one without in turns, so that both meet the same noise. */
export async function measureGhost(): Promise<Figure[]> {
  await using built = await buildAdapters();
  const kinds = { without: [] as Boot[], with: [] as Boot[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    kinds.without.push(await boot(undefined));
    kinds.with.push(await boot(built.dir));
  }
  const median = (boots: Boot[], key: keyof Boot) =>
    quantile(
      boots.map((one) => one[key]),
      0.5,
    );
  const figure = (name: string, key: keyof Boot, unit: string, most: number): Figure => {
    const [value, bare] = [median(kinds.with, key), median(kinds.without, key)];
    return {
      name,
      value,
      unit,
      yardstick: { name: 'without the adapters', value: bare },
      budget: { description: `at most ${most} ${unit} more`, met: value - bare <= most },
    };
  };
  return [
    figure('boot of Ghost with both adapters', 'ms', 'ms', 150),
    figure('resident memory of Ghost with both adapters', 'mib', 'MB', 15),
  ];
}

interface Boot {
  ms: number;
  mib: number;
}

/** The second boot of a site, since the first makes its database. */
async function boot(built: string | undefined): Promise<Boot> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-jobs-ghost-'));
  if (built !== undefined) await installAdapters(built, dir);
  const config = built === undefined ? {} : adaptersConfig();
  const ghost = await bootGhost({ dir, config });
  try {
    await ghost.restart();
    await sleep(3_000);
    const log = await readFile(ghost.logFile, 'utf8');
    const booted = [...log.matchAll(/Ghost booted in ([\d.]+)s/g)].at(-1)?.[1];
    const status = await readFile(`/proc/${ghost.pid}/status`, 'utf8');
    const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    return { ms: Number(booted) * 1_000, mib: kib / 1_024 };
  } finally {
    await ghost[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  }
}
