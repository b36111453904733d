import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@prosora/service';
import { EngineError } from '../errors.ts';
import type { Connection, Insert, QueryOptions } from './connection.ts';
import { type DatabaseProcess, startDatabaseProcess } from './database-process.ts';
import { type Journal, type NamedInsert, named } from './journal.ts';
import { createLane, type Lane } from './lane.ts';
import type { DatabaseSettings, Task } from './messages.ts';

/** How the database is kept running. */
export interface DatabaseOptions {
  settings: DatabaseSettings;
  journal: Journal;
  /** Runs after each start, before anything else is let in. */
  prepare: (connection: Connection) => Promise<void>;
  logger: Logger;
  /** How one process is started. (Default: the real one) */
  startProcess?: (settings: DatabaseSettings) => Promise<DatabaseProcess>;
}

/** A database that comes back after it crashed. */
export interface Database extends Connection, AsyncDisposable {
  readonly isReady: boolean;
  /** Process id of the one that runs now. */
  readonly pid: number | undefined;
  /** Times it came back since it was opened. */
  readonly restarts: number;
  /** Requests that wait for their turn. */
  readonly waiting: number;
  /** Batches that were given up because the database ended at them each time. */
  readonly setAside: number;
  /** For work of our own that may take long: beside requests, in no one's turn. */
  readonly beside: Connection;
  /** Runs work of our own in the turn of a batch: none is written until it ends. */
  withoutWrites<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
/** One that ran this long before it ended was well. */
const STABLE_AFTER_MS = 10_000;
/** A batch that ends the database is set aside at its third attempt. */
const FIRST_START_ATTEMPTS = 4;
/**
 * Half a minute with what is between them: the database of an engine that was killed ends by itself, on a
 * busy machine not at once.
 */
const LOCKED_START_ATTEMPTS = 12;
const LOCKED = /Cannot lock file/;
const MAY_PASS: ReadonlySet<string> = new Set(['DATABASE_START_FAILED', 'DATABASE_UNAVAILABLE']);
const BYTES_A_READ = 300 * 2 ** 20;
const MAX_WAITING_READS = 64;
const MAX_WAITING_WRITES = 16;
const STOP_GRACE_MS = 4_000;

/**
 * Starts the database and keeps it running: when its process ends, it is started again after 100 ms,
 * then 200 ms and so on to 5 s, until one has run for 10 s. Meanwhile every call is refused at once
 * with `DATABASE_UNAVAILABLE`.
 *
 * @throws EngineError `DATABASE_START_FAILED` when it does not start at all, or what `prepare` throws.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const supervisor = new Supervisor(options);
  await supervisor.open();
  return supervisor;
}

/**
 * Two, or one where two would take each other's memory: under 384 MB any of Ghost Admin's questions about 90
 * days of a million hits is answered, but no two at once.
 */
function readsAtOnce(memoryLimitBytes: number): number {
  return memoryLimitBytes < 2 * BYTES_A_READ ? 1 : 2;
}

function attemptsAfter({ message }: EngineError): number {
  return LOCKED.test(message) ? LOCKED_START_ATTEMPTS : FIRST_START_ATTEMPTS;
}

class Supervisor implements Database {
  readonly #options: DatabaseOptions;
  readonly #reads: Lane;
  readonly #writes: Lane;
  readonly #stopping = new AbortController();
  #process: DatabaseProcess | undefined;
  #loop: Promise<void> = Promise.resolve();
  #failures = 0;
  isReady = false;
  restarts = 0;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    const concurrency = readsAtOnce(options.settings.memoryLimitBytes);
    this.#reads = createLane({ concurrency, maxWaiting: MAX_WAITING_READS });
    this.#writes = createLane({ concurrency: 1, maxWaiting: MAX_WAITING_WRITES });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get waiting(): number {
    return this.#reads.waiting + this.#writes.waiting;
  }

  get setAside(): number {
    return this.#options.journal.setAside;
  }

  async open(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#start();
        break;
      } catch (error) {
        const mayPass = error instanceof EngineError && MAY_PASS.has(error.code);
        if (!mayPass || attempt === attemptsAfter(error)) throw error;
        await this.#backOff();
      }
    }
    this.#loop = this.#keepRunning();
  }

  query(sql: string, options?: QueryOptions): Promise<Buffer> {
    return this.#reads.run(() => this.#run({ kind: 'query', sql, ...options }));
  }

  async insert(insert: Insert): Promise<void> {
    await this.#writes.run(() => this.#insert(named(insert)));
  }

  get beside(): Connection {
    if (!this.isReady || !this.#process) throw restarting();
    return connectionTo(this.#process);
  }

  withoutWrites<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return this.#writes.run(async () => await work(this.beside));
  }

  execute(sql: string): Promise<Buffer> {
    return this.#writes.run(() => this.#run({ kind: 'execute', sql }));
  }

  async close(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.isReady = false;
    await this.#process?.stop(STOP_GRACE_MS);
    await this.#loop;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(task: Task): Promise<Buffer> {
    if (this.isReady && this.#process) return await this.#process.run(task);
    throw restarting();
  }

  async #insert(insert: NamedInsert): Promise<void> {
    const { journal } = this.#options;
    if (journal.has(insert)) return;
    // Not before it can run: the one in the journal may still have to be repeated.
    if (!this.isReady) throw restarting();
    await journal.begin(insert);
    try {
      await this.#run({ kind: 'insert', ...insert });
    } catch (error) {
      const isInterrupted = error instanceof EngineError && error.code === 'DATABASE_UNAVAILABLE';
      if (!isInterrupted) await journal.forget();
      throw error;
    }
    await journal.finish(insert);
  }

  async #start(): Promise<void> {
    const start = this.#options.startProcess ?? startDatabaseProcess;
    const started = await start(this.#options.settings);
    this.#process = started;
    try {
      // Closed while this one was starting: `close` has stopped only the one before.
      this.#stopping.signal.throwIfAborted();
      const connection = connectionTo(started);
      await this.#options.journal.repeat(connection, this.#options.logger);
      await this.#options.prepare(connection);
      this.isReady = !this.#stopping.signal.aborted;
    } catch (error) {
      await started.stop(STOP_GRACE_MS);
      throw error;
    }
  }

  async #keepRunning(): Promise<void> {
    const { logger } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const startedAt = performance.now();
      const end = await this.#process?.exited;
      this.isReady = false;
      if (this.#stopping.signal.aborted) return;
      logger.error({ event: 'database.ended', ...end }, 'the database ended; starting it again');
      if (performance.now() - startedAt > STABLE_AFTER_MS) this.#failures = 0;
      await this.#startAgain();
    }
  }

  async #startAgain(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#backOff();
      try {
        await this.#start();
        this.restarts += 1;
        return;
      } catch (error) {
        this.#options.logger.error(
          { event: 'database.not-started', err: error },
          'the database did not start',
        );
      }
    }
  }

  async #backOff(): Promise<void> {
    const ms = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, LONGEST_BACKOFF_MS);
    this.#failures += 1;
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}

function restarting(): EngineError {
  return new EngineError('DATABASE_UNAVAILABLE', 'The database is restarting.');
}

function connectionTo(database: DatabaseProcess): Connection {
  return {
    query: (sql, options) => database.run({ kind: 'query', sql, ...options }),
    insert: async (insert) => void (await database.run({ kind: 'insert', ...named(insert) })),
    execute: (sql) => database.run({ kind: 'execute', sql }),
  };
}
