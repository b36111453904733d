import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../packages/durable/src/index.ts';
import { migrations } from '../../packages/ghost-jobs-durable/src/store/tables.ts';
import { passForGhost } from '../../packages/ghost-jobs-durable/test/fixtures/ghost-process.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';

const cache = join(import.meta.dirname, '../..', '.prosora', 'bench');
const payload = JSON.stringify({ value: 'x'.repeat(200) });
const sizes = [0, 1_000_000] as const;

/** Measures Ghost's jobs adapter in a process like Ghost's, with Ghost's own driver, on this machine's disk. */
export async function measureQueue(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-bench-jobs-'));
  try {
    await passForGhost();
    const measured = new Map<number, Measured>();
    for (const size of sizes) {
      const file = join(folder, `${size}.db`);
      copyFileSync(await backlog(size), file);
      measured.set(size, await measure(file));
    }
    return sizes.flatMap((size) => figuresOf(size, measured));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Measured {
  perSecond: number;
  enqueueMs: number[];
}

function figuresOf(size: number, measured: Map<number, Measured>): Figure[] {
  const { perSecond, enqueueMs } = measured.get(size) as Measured;
  const empty = measured.get(0) as Measured;
  const name = `${size.toLocaleString('en')} jobs waiting`;
  const p50 = quantile(enqueueMs, 0.5);
  const p99 = quantile(enqueueMs, 0.99);
  const emptyP50 = quantile(empty.enqueueMs, 0.5);
  return [
    {
      name: `trivial jobs, ${name}`,
      value: perSecond,
      unit: '/s',
      yardstick: { name: 'none waiting', value: empty.perSecond },
      budget: {
        description: '≥ 2,000/s, and ≥ 80 % of that with none waiting',
        met: perSecond >= 2_000 && perSecond >= 0.8 * empty.perSecond,
      },
    },
    {
      name: `enqueue at 100/s, ${name}`,
      value: p99,
      unit: 'ms p99',
      budget: { description: '< 10 ms', met: p99 < 10 },
    },
    {
      name: `enqueue at 100/s, ${name}`,
      value: p50,
      unit: 'ms p50',
      yardstick: { name: 'none waiting', value: emptyP50 },
      budget: { description: '≤ 120 % of that with none waiting', met: p50 <= 1.2 * emptyP50 },
    },
  ];
}

async function measure(file: string): Promise<Measured> {
  const { default: DurableJobs } = await import('../../packages/ghost-jobs-durable/src/jobs.ts');
  let delivered = 0;
  const jobs = new DurableJobs({ file });
  const processor = async () => {
    delivered += 1;
  };
  await jobs.start({ processor });
  const envelope = { type: 'trivial', payload };

  // As fast as they come, from 32 requests at a time.
  const total = 20_000;
  const before = delivered;
  const startedAt = performance.now();
  let begun = 0;
  const lane = async () => {
    while (begun++ < total) await jobs.enqueue(envelope);
  };
  await Promise.all(Array.from({ length: 32 }, lane));
  while (delivered - before < total) await sleep(5);
  const perSecond = (total * 1_000) / (performance.now() - startedAt);
  await jobs.shutdown({ timeoutMs: 5_000 });

  // Beside a queue at rest: what waits is held up by handlers that do not end.
  const idle = new DurableJobs({ file });
  await idle.start({ processor: () => new Promise(() => undefined) });
  const enqueueMs: number[] = [];
  for (let n = 0; n < 2_000; n += 1) {
    const dueAt = performance.now() + 10;
    const at = performance.now();
    await idle.enqueue(envelope);
    enqueueMs.push(performance.now() - at);
    await sleep(Math.max(0, dueAt - performance.now()));
  }
  await idle.shutdown({ timeoutMs: 0 });
  return { perSecond, enqueueMs: enqueueMs.slice(100) };
}

/** A store in which so many jobs wait, written by one statement and kept for the next run. */
async function backlog(size: number): Promise<string> {
  const file = join(cache, `jobs-${size}.db`);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  const unfinished = `${file}.unfinished`;
  rmSync(unfinished, { force: true });
  await (await openStore({ file: unfinished, migrations })).close();
  const database = new DatabaseSync(unfinished);
  const envelope = JSON.stringify({ type: 'trivial', payload, by: 'backlog' });
  database
    .prepare(`
      with recursive number (n) as (select 1 where ${size} > 0 union all select n + 1 from number where n < ${size})
      insert into job (queue, id, state, rank, available_at, due_at, added_at, payload)
      select 'jobs:default', hex(randomblob(16)), 'ready', 0, 0, 0, 1, cast(? as blob) from number`)
    .run(envelope);
  database.close();
  renameSync(unfinished, file);
  return file;
}
