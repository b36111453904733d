import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, type Transaction } from 'kysely';
import { type Clock, createStoreClock, type StoreClock, systemClock } from './clock.ts';
import { StoreUnavailableError } from './errors.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { type Migrations, migrate } from './migrations.ts';
import { createQueue, type Queue, type QueueOptions } from './queue.ts';
import type { DurableTables } from './schema.ts';
import { asStoreError, NodeSqliteDialect, type WritingConnection } from './sqlite-dialect.ts';

/** How a store is opened. */
export interface StoreOptions {
  /** Path of the SQLite file; it is created with mode 0600, its folder with 0700. */
  file: string;
  /** The consumer's own tables, kept in the same file. (Default: none) */
  migrations?: Migrations;
  /** Where time comes from. (Default: the machine's clock) */
  clock?: Clock;
  /** How long a write waits for another process before `STORE_UNAVAILABLE`. (Default: 2,000) */
  busyTimeoutMs?: number;
}

/** One SQLite file: queues, and whatever tables its consumer keeps beside them. */
export interface Store<Tables = unknown> extends AsyncDisposable {
  /** For reading, outside of a transaction: a connection of its own that sees what is committed and can not write. */
  readonly db: Kysely<Tables & DurableTables>;
  /**
   * Runs `work` in one transaction and resolves once it is on disk. Await nothing but `tx` in it: every
   * other write waits meanwhile.
   *
   * @throws StoreUnavailableError nothing was written, try again later
   */
  transaction<T>(work: (tx: Transaction<Tables & DurableTables>) => Promise<T>): Promise<T>;
  /** A queue by its name; the same event may be in several, each with its own state. */
  queue(name: string, options?: QueueOptions): Queue<Tables>;
  /** Closes the file once running transactions have ended. */
  close(): Promise<void>;
}

/** What the statements of a queue need from its store. */
export interface StoreInside {
  readonly db: Kysely<DurableTables>;
  readonly clock: StoreClock;
  readonly commits: GroupCommit<DurableTables>;
  /** Wakes the workers of a queue after the running transaction. */
  touch(queue: string): void;
  /** Calls `listener` whenever a queue was touched; returns how to end that. */
  onTouched(queue: string, listener: () => void): () => void;
}

/** How stale the written time may be: the most by which time can step back across a crash. */
const markEveryMs = 1_000;

/**
 * Opens a store and brings its tables to this version.
 *
 * @throws StoreUnavailableError when the file can not be opened
 * @throws StoreMisusedError when a newer version wrote it
 */
export async function openStore<Tables = unknown>(options: StoreOptions): Promise<Store<Tables>> {
  const { file, migrations = {} } = options;
  createPrivately(file);
  // One connection writes, and one reads, so that nobody sees what is not yet on disk.
  const writer = openDatabase(file, 'writer');
  try {
    const dialect = new NodeSqliteDialect(writer);
    const db = new Kysely<DurableTables>({ dialect });
    await migrate(db, migrations);
    // From here waiting for a lock is done without holding up the event loop.
    writer.exec('pragma busy_timeout = 0');
    const reader = new Kysely<DurableTables>({
      dialect: new NodeSqliteDialect(openDatabase(file, 'reader')),
    });
    return await createStore<Tables>({ db, connection: dialect.connection, reader }, options);
  } catch (error) {
    writer.close();
    throw asStoreError(error);
  }
}

/** SQLite gives its -wal and -shm files the mode of the main file. */
function createPrivately(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  } catch (error) {
    throw new StoreUnavailableError('the file can not be made', error);
  }
}

const pragmas = {
  writer: [
    'journal_mode = wal',
    'synchronous = full',
    // 16 MiB of log between two checkpoints: each costs two more flushes.
    'wal_autocheckpoint = 4000',
    'journal_size_limit = 67108864',
    'cache_size = -16000',
  ],
  reader: ['query_only = true'],
};

function openDatabase(file: string, role: keyof typeof pragmas): DatabaseSync {
  try {
    const database = new DatabaseSync(file, { timeout: role === 'writer' ? 5_000 : 0 });
    for (const pragma of pragmas[role]) database.exec(`pragma ${pragma}`);
    return database;
  } catch (error) {
    throw asStoreError(error);
  }
}

interface Connections {
  db: Kysely<DurableTables>;
  connection: WritingConnection;
  reader: Kysely<DurableTables>;
}

async function createStore<Tables>(
  { db, connection, reader }: Connections,
  options: StoreOptions,
): Promise<Store<Tables>> {
  const { mark } = await reader.selectFrom('store_clock').select('mark').executeTakeFirstOrThrow();
  const clock = createStoreClock(options.clock ?? systemClock, mark);
  const listeners = new Map<string, Set<() => void>>();
  const touched = new Set<string>();
  let marked = mark;

  const commits = createGroupCommit({
    connection,
    // The group commit begins and ends transactions itself, so for the work it runs this is one.
    tx: db as unknown as Transaction<DurableTables>,
    busyTimeoutMs: options.busyTimeoutMs ?? 2_000,
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
    await db.destroy();
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
    queue: (name, queueOptions) => createQueue<Tables>(inside, name, queueOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}
