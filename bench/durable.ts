import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import {
  type AddOptions,
  openStore,
  type Queue,
  type Store,
} from '../packages/durable/src/index.ts';
import type { Figure } from './figure.ts';
import { quantile } from './quantile.ts';

const execFileAsync = promisify(execFile);
const cache = join(import.meta.dirname, '..', '.prosora', 'bench');
const payload = new Uint8Array(1_024).fill(7);
const sizes = [0, 10_000, 1_000_000] as const;

/** Measures adding, claiming and settling on this machine's disk, each beside its yardstick in the same run. */
export async function run(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-bench-durable-'));
  try {
    const figures = [...(await measureAdds(folder)), ...(await measureFlow(folder))];
    for (const shape of Object.keys(shapes) as Shape[]) {
      figures.push(...(await measureClaims(folder, shape)));
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Adds beside a bare insert with the same bytes, key and fsync. They take turns in short rounds, and the
 * median round counts, so that what else the machine does meets all of them alike.
 */
async function measureAdds(folder: string): Promise<Figure[]> {
  const database = new DatabaseSync(join(folder, 'bare.db'));
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  database.exec('create table bare (id text primary key, payload blob not null)');
  const insert = database.prepare('insert into bare (id, payload) values (?, ?)');
  await using store = await openStore({ file: join(folder, 'adds.db') });
  const queue = store.queue('bench');

  const single: number[] = [];
  const ms = { bare: [] as number[], one: [] as number[], many: [] as number[] };
  const perRound = 64;
  for (let round = 0; round < 240; round++) {
    const ids = Array.from({ length: perRound }, (_, index) => `evt_${round}_${index}`);
    ms.bare.push(
      await time(() => {
        for (const id of ids) insert.run(id, payload);
      }),
    );
    ms.one.push(
      await time(async () => {
        for (const id of ids) single.push(await time(() => queue.add(id, payload)));
      }),
    );
    ms.many.push(await time(() => concurrently(32, ids, (id) => queue.add(`many_${id}`, payload))));
  }
  database.close();

  // The first rounds warm up the compiler.
  const rate = (rounds: number[]) => (perRound * 1_000) / quantile(rounds.slice(40), 0.5);
  const yardstick = { name: 'bare fsynced insert', value: rate(ms.bare) };
  const budgetOf = (rounds: number[]) => ({
    description: '≥ 70 % of a bare fsynced insert',
    met: rate(rounds) / rate(ms.bare) >= 0.7,
  });
  const adds = (name: string, rounds: number[]) => {
    return { name, value: rate(rounds), unit: '/s', yardstick, budget: budgetOf(rounds) };
  };
  return [
    adds('adds one after the other', ms.one),
    adds('adds 32 at a time', ms.many),
    { name: 'add p50', value: quantile(single, 0.5), unit: 'ms' },
    { name: 'add p99', value: quantile(single, 0.99), unit: 'ms' },
  ];
}

/**
 * 150,000 jobs from add to done in a process of their own. Its memory is read after a collection, since
 * V8 lets garbage pile up for as long as there is memory to spare: what is left is what the queue keeps.
 */
async function measureFlow(folder: string): Promise<Figure[]> {
  const flags = ['--conditions=@prosora/source', '--expose-gc', '--max-semi-space-size=4'];
  const { stdout } = await execFileAsync(process.execPath, [
    ...flags,
    import.meta.filename,
    folder,
  ]);
  const { perSecond, rss } = JSON.parse(stdout) as Flow;
  const [early, late] = [quantile(rss.slice(2, 5), 0.5), quantile(rss.slice(-3), 0.5)];
  return [
    { name: 'add, claim and settle, 32 at a time', value: perSecond, unit: '/s' },
    {
      name: 'resident memory after 140,000 jobs',
      value: late,
      unit: 'MiB',
      yardstick: { name: 'after 40,000', value: early },
      budget: { description: 'flat within 10 %', met: late <= early * 1.1 },
    },
  ];
}

interface Flow {
  perSecond: number;
  /** MiB after each 10,000 jobs. */
  rss: number[];
}

async function runFlow(folder: string): Promise<Flow> {
  await using store = await openStore({ file: join(folder, 'flow.db') });
  const queue = store.queue('bench');
  const rss: number[] = [];
  const thousands = 150;
  const tookMs = await time(async () => {
    for (let thousand = 0; thousand < thousands; thousand++) {
      const ids = Array.from({ length: 1_000 }, (_, index) => `evt_${thousand}_${index}`);
      await concurrently(32, ids, (id) => queue.add(id, payload));
      for (let jobs = await claim32(queue); jobs.length > 0; jobs = await claim32(queue)) {
        await Promise.all(jobs.map((job) => queue.settle(job, { kind: 'done' })));
      }
      if (thousand % 10 !== 9) continue;
      globalThis.gc?.();
      rss.push(process.memoryUsage.rss() / 2 ** 20);
    }
  });
  return { perSecond: (thousands * 1_000_000) / tookMs, rss };
}

const claim32 = (queue: Queue) => queue.claim(32, 60_000);

/** What a backlog is made of, as SQL over a number `n`, and the job that is added, claimed and settled on top of it. */
const shapes = {
  'no groups': { grp: 'null', state: `'ready'`, dueAt: '0', job: {} },
  'a group for each job': { grp: `'g' || n`, state: `'ready'`, dueAt: '0', job: {} },
  'one group': {
    grp: `'all'`,
    state: `iif(n = 1, 'ready', 'waiting')`,
    dueAt: '0',
    job: { group: 'all' },
  },
  'one busy group ahead': {
    grp: `'busy'`,
    state: `iif(n = 1, 'leased', 'waiting')`,
    dueAt: 'iif(n = 1, 4102444800000, 0)',
    job: { rank: 1 },
  },
  'parked jobs ahead': {
    grp: 'null',
    state: `'delayed'`,
    dueAt: '4102444800000',
    job: { rank: 1 },
  },
} satisfies Record<string, { grp: string; state: string; dueAt: string; job: AddOptions }>;

type Shape = keyof typeof shapes;

/** One cycle of claim and settle at each size in turns, so that all sizes meet the same noise. */
async function measureClaims(folder: string, shape: Shape): Promise<Figure[]> {
  const stores = new Map<number, { store: Store; queue: Queue; tookMs: number[] }>();
  for (const size of sizes) {
    const file = join(folder, `${size}.db`);
    copyFileSync(await backlog(shape, size), file);
    const store = await openStore({ file });
    stores.set(size, { store, queue: store.queue('bench'), tookMs: [] });
  }
  for (let cycle = -50; cycle < 600; cycle++) {
    for (const { queue, tookMs } of stores.values()) {
      await queue.add(`cycle_${cycle}`, payload, shapes[shape].job);
      const took = await time(async () => {
        const [job] = await queue.claim(1, 60_000);
        if (!job || !(await queue.settle(job, { kind: 'done' })))
          throw new Error('nothing claimed');
      });
      if (cycle >= 0) tookMs.push(took);
    }
  }
  const looks = shape === 'no groups' ? await measureLooks(stores.get(1_000_000)?.queue) : [];
  for (const { store } of stores.values()) await store.close();
  for (const size of sizes) rmSync(join(folder, `${size}.db`));

  const at = (size: number, share: number) => quantile(stores.get(size)?.tookMs ?? [], share);
  const claims = sizes.map((size) => ({
    name: `claim and settle, ${size.toLocaleString('en')} queued, ${shape}`,
    value: at(size, 0.5),
    unit: 'ms p50',
    yardstick: { name: 'nothing queued', value: at(0, 0.5) },
    budget: { description: 'flat within 2×', met: at(size, 0.5) <= 2 * at(0, 0.5) },
  }));
  return [...claims, ...looks];
}

/** What a look at 1,000,000 jobs costs; it holds up the process for so long. */
async function measureLooks(queue: Queue | undefined): Promise<Figure[]> {
  const countsMs = await time(() => queue?.counts());
  const oldestMs = await time(() => queue?.oldestPending());
  return [
    { name: 'counts, 1,000,000 queued', value: countsMs, unit: 'ms' },
    { name: 'oldest pending, 1,000,000 queued', value: oldestMs, unit: 'ms' },
  ];
}

/** A store with so many jobs queued, written once by one statement: adding 1,000,000 by `add` takes minutes. */
async function backlog(shape: Shape, size: number): Promise<string> {
  const file = join(cache, `durable-${shape.replaceAll(' ', '-')}-${size}.db`);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  const unfinished = `${file}.unfinished`;
  rmSync(unfinished, { force: true });
  await (await openStore({ file: unfinished })).close();
  const { grp, state, dueAt } = shapes[shape];
  const database = new DatabaseSync(unfinished);
  database.exec(`
    with recursive number (n) as (select 1 where ${size} > 0 union all select n + 1 from number where n < ${size})
    insert into job (queue, id, state, rank, grp, available_at, due_at, added_at)
    select 'bench', 'evt_' || hex(randomblob(12)), ${state}, 0, ${grp}, ${dueAt}, ${dueAt}, 1 from number`);
  database.close();
  renameSync(unfinished, file);
  return file;
}

async function time(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function concurrently<T>(lanes: number, items: T[], work: (item: T) => Promise<unknown>) {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

if (import.meta.main) console.log(JSON.stringify(await runFlow(process.argv[2] ?? '')));
