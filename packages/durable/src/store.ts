import type { Kysely, Transaction } from 'kysely';

import { type Clock, systemClock } from './clock/clock.ts';
import { createStoreClock } from './clock/store-clock.ts';
import { type Database, hasManyWriters, type StorePlace } from './database/database.ts';
import type { ExpectedStore } from './database/expected-store.ts';
import { createGroupCommit, type GroupCommit } from './database/group-commit.ts';
import type { Migrations } from './database/migrations.ts';
import type { DurableTables } from './database/schema.ts';
import { openMysql } from './mysql/open-mysql.ts';
import { type CountOptions, countJobs, type JobCounts } from './queue/inspect.ts';
import { createQueue, type Queue, type QueueOptions, type StoreInside } from './queue/queue.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

/** How a store is opened. */
export type StoreOptions = StoreRules & StorePlace;

/** The rules of a store, wherever it is. */
interface StoreRules {
  /** The consumer's own tables, kept beside the queue's. (Default: none) */
  migrations?: Migrations;
  /** Where time comes from; a function reads it from the tables, once they are there. (Default: the machine's clock) */
  clock?: Clock | ((db: Kysely<DurableTables>) => Promise<Clock>);
  /** Refuses a place where no store is, which may be a volume that is not mounted. (Default: one is made) */
  expected?: ExpectedStore | undefined;
  /** How long a write waits for another process before `STORE_UNAVAILABLE`. (Default: 2,000) */
  busyTimeoutMs?: number;
}

/** One database: queues, and whatever tables its consumer keeps beside them. */
export interface Store<Tables = unknown> extends AsyncDisposable {
  /** For reading, outside of a transaction: a connection of its own that sees what is committed and can not write. */
  readonly db: Kysely<Tables & DurableTables>;
  /**
   * Runs `work` in one transaction and resolves once it is on disk. Await nothing but `tx` in it: every
   * other write waits meanwhile. It may run more than once, when a deadlock on MySQL undid it, so its only
   * effect is on `tx`.
   *
   * @throws StoreUnavailableError nothing was written, try again later. When the connection to a server broke
   *   during the commit it may have been written: `work` has to bear a repetition.
   */
  transaction<T>(work: (tx: Transaction<Tables & DurableTables>) => Promise<T>): Promise<T>;
  /** A queue by its name; the same event may be in several, each with its own state. */
  queue(name: string, options?: QueueOptions): Queue<Tables>;
  /** How many jobs its queues have in each state; one query for all of them. */
  countJobs(options?: CountOptions): Promise<JobCounts>;
  /** Closes the database once running transactions have ended. */
  close(): Promise<void>;
}

/** How stale the written time may be: the most by which time can step back across a crash. */
const markEveryMs = 1_000;

const defaultBusyTimeoutMs = 2_000;

/**
 * Opens a store and brings its tables to this version.
 *
 * @throws StoreUnavailableError when the file can not be opened or the server not be reached
 * @throws StoreMissingError when one is `expected` and none is there
 * @throws StoreMisusedError when a newer version wrote it, or the server may lose what it acknowledged
 */
export async function openStore<Tables = unknown>(options: StoreOptions): Promise<Store<Tables>> {
  const { migrations = {}, busyTimeoutMs = defaultBusyTimeoutMs } = options;
  const database =
    'file' in options
      ? await openSqlite(options, migrations, options.expected)
      : await openMysql({ ...options, lockWaitMs: busyTimeoutMs }, migrations);
  return createStore<Tables>(database, options);
}

async function createStore<Tables>(
  { writer, connection, reader }: Database,
  options: StoreRules,
): Promise<Store<Tables>> {
  const readMark = async (db: Kysely<DurableTables>) =>
    (await db.selectFrom('store_clock').select('mark').executeTakeFirstOrThrow()).mark;
  const mark = await readMark(reader);
  const { clock: source = systemClock } = options;
  const clock = createStoreClock(
    typeof source === 'function' ? await source(reader) : source,
    mark,
  );
  const listeners = new Map<string, Set<() => void>>();
  const touched = new Set<string>();
  let marked = mark;

  const commits = createGroupCommit({
    connection,
    // The group commit begins and ends transactions itself, so for the work it runs this is one.
    tx: writer as unknown as Transaction<DurableTables>,
    busyTimeoutMs: options.busyTimeoutMs ?? defaultBusyTimeoutMs,
    async afterBegin(tx) {
      if (hasManyWriters(tx)) clock.catchUp(await readMark(tx));
    },
    async beforeCommit(tx) {
      const now = clock.now();
      if (touched.size === 0 || now < marked + markEveryMs) return;
      await tx.updateTable('store_clock').set({ mark: now }).where('mark', '<', now).execute();
      marked = now;
    },
    afterCommit() {
      const queues = [...touched];
      touched.clear();
      for (const queue of queues) for (const listener of listeners.get(queue) ?? []) listener();
    },
  });

  const inside: StoreInside = {
    db: reader,
    clock,
    commits,
    touch: (queue) => void touched.add(queue),
    onTouched(queue, listener) {
      const ofQueue = listeners.get(queue) ?? new Set();
      listeners.set(queue, ofQueue.add(listener));
      return () => void ofQueue.delete(listener);
    },
  };

  async function close(): Promise<void> {
    // Kysely closes at once; an empty transaction waits for those before it.
    await commits.run(async () => undefined).catch(() => undefined);
    await reader.destroy();
    await writer.destroy();
  }

  // The consumer's tables live in the same database; only the types tell them apart.
  const own = { db: reader, commits } as unknown as {
    db: Kysely<Tables & DurableTables>;
    commits: GroupCommit<Tables & DurableTables>;
  };

  return {
    get db() {
      commits.assertOutside();
      return own.db;
    },
    transaction: own.commits.run,
    async countJobs(countOptions) {
      commits.assertOutside();
      return countJobs(reader, countOptions);
    },
    queue: (name, queueOptions) => createQueue<Tables>(inside, name, queueOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}
