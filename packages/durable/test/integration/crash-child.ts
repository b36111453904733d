// A process that adds, claims and settles, and kills itself at a given statement. Run by crash.proof.test.ts.
import { appendFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { createWorker, type Migrations, openStore } from '../../src/index.ts';

/** What the process is to do. */
export interface CrashPlan {
  file: string;
  /** Gets a line for each thing that happened: `ack`, `begin`, `end`. */
  journal: string;
  /** Names the jobs of this process. */
  run: number;
  jobs: number;
  /** SIGKILL at this statement, counted from the opening of the file or from when it is open; `null` for never. */
  kill: { at: number; countFrom: 'opening' | 'open'; when: 'before' | 'after' } | null;
}

interface CrashTables {
  message: { id: string };
  effect: { id: string };
}

const migrations: Migrations = {
  '001-tables': {
    async up(db: Kysely<never>) {
      for (const table of ['message', 'effect']) {
        await db.schema
          .createTable(table)
          .addColumn('id', 'text', (column) => column.primaryKey())
          .execute();
      }
    },
  },
};

const plan = JSON.parse(process.argv[2] ?? '') as CrashPlan;
const log = (...words: unknown[]) => appendFileSync(plan.journal, `${words.join(' ')}\n`);

let counting = plan.kill?.countFrom === 'opening';
let statements = 0;
function dieAt(when: 'before' | 'after'): void {
  if (plan.kill?.when === when && statements === plan.kill.at) process.kill(process.pid, 'SIGKILL');
}
const prepare = DatabaseSync.prototype.prepare;
DatabaseSync.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  for (const method of ['run', 'all'] as const) {
    const original = statement[method].bind(statement) as (...bound: unknown[]) => never;
    statement[method] = (...bound: unknown[]) => {
      if (counting) statements += 1;
      dieAt('before');
      const result = original(...bound);
      dieAt('after');
      return result;
    };
  }
  return statement;
};

const store = await openStore<CrashTables>({ file: plan.file, migrations });
counting = plan.kill !== null;
const queue = store.queue('sink', { backoff: { baseMs: 5 }, releaseAfter: 3 });

const worker = createWorker<CrashTables>({
  queue,
  concurrency: 3,
  leaseMs: 200,
  pollMs: 50,
  async handle({ id, group, attempt }) {
    log('begin', process.pid, group, id);
    await delay(Math.random() * 3);
    log('end', process.pid, group, id);
    if (attempt === 1 && id.endsWith('7')) return { kind: 'retry', reason: 'once' };
    return { kind: 'done', also: (tx) => tx.insertInto('effect').values({ id }).execute() };
  },
});

async function add(id: string, index: number): Promise<void> {
  const options = { group: `g${index % 5}`, rank: index % 3 };
  await store.transaction(async (tx) => {
    await tx.insertInto('message').values({ id }).execute();
    await queue.add(id, new TextEncoder().encode(id), { ...options, tx });
  });
  log('ack', id);
}

const ids = Array.from({ length: plan.jobs }, (_, index) => `${plan.run}_${index}`);
for (let from = 0; from < ids.length; from += 4) {
  await Promise.all(ids.slice(from, from + 4).map((id, index) => add(id, from + index)));
}
while ((await queue.oldestPending()) !== undefined) await delay(20);
await worker.stop();
await store.close();
