import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type Queue } from '../../packages/durable/src/index.ts';
import { pageOfJobs } from '../../packages/ghost-jobs-durable/src/store/page.ts';
import { type JobTables, migrations } from '../../packages/ghost-jobs-durable/src/store/tables.ts';
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
    // Which of two is the first to run must not matter: V8 compiles what is hot.
    const warm = join(folder, 'warm.db');
    copyFileSync(await backlog(0), warm);
    await measure(warm, 5_000, 100);
    const measured = new Map<number, Measured>();
    for (const size of sizes) {
      const file = join(folder, `${size}.db`);
      copyFileSync(await backlog(size), file);
      measured.set(size, await measure(file, 20_000, 2_000));
    }
    const bare: Figure = { name: 'bare fsynced inserts', value: bareInserts(folder), unit: '/s' };
    return [bare, ...sizes.flatMap((size) => figuresOf(size, measured))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What this disk does now: a flush is what three trivial jobs cost. */
function bareInserts(folder: string): number {
  const database = new DatabaseSync(join(folder, 'bare.db'));
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  database.exec('create table bare (id integer primary key, payload blob not null)');
  const insert = database.prepare('insert into bare (payload) values (?)');
  const startedAt = performance.now();
  for (let n = 0; n < 1_000; n += 1) insert.run(new Uint8Array(300));
  const perSecond = 1_000_000 / (performance.now() - startedAt);
  database.close();
  return perSecond;
}

interface Measured {
  perSecond: number;
  listMs: number[];
  enqueueMs: number[];
}

function figuresOf(size: number, measured: Map<number, Measured>): Figure[] {
  const { perSecond, enqueueMs, listMs } = measured.get(size) as Measured;
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
      name: `enqueue p99 at 100/s, ${name}`,
      value: p99,
      unit: 'ms',
      budget: { description: '< 10 ms', met: p99 < 10 },
    },
    {
      name: `enqueue p50 at 100/s, ${name}`,
      value: p50,
      unit: 'ms',
      yardstick: { name: 'none waiting', value: emptyP50 },
      budget: { description: '≤ 120 % of that with none waiting', met: p50 <= 1.2 * emptyP50 },
    },
    {
      name: `list p99, a page of 100, ${name}`,
      value: quantile(listMs, 0.99),
      unit: 'ms',
      budget: { description: '< 100 ms', met: quantile(listMs, 0.99) < 100 },
    },
  ];
}

async function measure(file: string, total: number, enqueued: number): Promise<Measured> {
  const { default: DurableJobs } = await import('../../packages/ghost-jobs-durable/src/jobs.ts');
  let delivered = 0;
  const jobs = new DurableJobs({ file });
  const processor = async () => {
    delivered += 1;
  };
  await jobs.start({ processor });
  const envelope = { type: 'trivial', payload };

  // As fast as they come, from 32 requests at a time.
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
  for (let n = 0; n < enqueued; n += 1) {
    const dueAt = performance.now() + 10;
    const at = performance.now();
    await idle.enqueue(envelope);
    enqueueMs.push(performance.now() - at);
    await sleep(Math.max(0, dueAt - performance.now()));
  }
  await idle.shutdown({ timeoutMs: 0 });
  return { perSecond, enqueueMs: enqueueMs.slice(100), listMs: await measureList(file) };
}

/** Pages of a hundred, wherever in the list. */
async function measureList(file: string): Promise<number[]> {
  await using store = await openStore<JobTables>({ file, migrations });
  const queue = store.queue('jobs:default') as unknown as Queue<never>;
  const [last] = await store.db
    .selectFrom('job')
    .select((row) => row.fn.max('seq').as('seq'))
    .execute();
  const took: number[] = [];
  for (let n = 0; n < 500; n += 1) {
    const seq = Math.floor(Math.random() * (last?.seq ?? 0));
    const after = { queue: queue.name, state: 'ready', dueAt: 0, seq };
    const at = performance.now();
    await pageOfJobs({ store, queues: [queue] }, ['dead', 'ready', 'done'], { limit: 100, after });
    took.push(performance.now() - at);
  }
  return took;
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
