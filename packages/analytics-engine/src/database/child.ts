// The process that holds chDB: started by supervisor.ts, ends with it. chDB runs on its main thread,
// since a worker thread that used it crashes when it ends, and nothing else runs here, since a crash
// of chDB takes the process with it.
import { mkdirSync, stat, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from 'chdb';
import { clickhouseConfig, readerSettings, writerSettings } from './clickhouse-settings.ts';
import type { NamedInsert } from './journal.ts';
import type { DatabaseFailure, DatabaseSettings, Reply, Request, Task } from './messages.ts';
import { createSessionPool } from './session-pool.ts';
import { inTrial } from './trial-database.ts';

/** So long without a request, memory goes back to the system. */
const IDLE_MS = 10_000;
/** ClickHouse's error number; its messages quote what visitors send, so they prove nothing. */
const ABORTED = 236;
/** Where a session cannot be opened chDB does not read the number out of what ClickHouse says. */
const OPENING_REFUSED = /^Query failed: Code: (\d+)\./;

const settings = JSON.parse(process.argv[2] ?? '{}') as DatabaseSettings;
// A signal to the group must not end the database under its service, which asks it to stop.
process.on('SIGINT', () => {}).on('SIGTERM', () => {});
// Not by `exit`, in which chDB waits for ever for a lock that a query under way holds; the journal has what
// is not written, and the next engine could not open the data.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.umask(0o077);

const configFile = join(settings.dataDir, 'clickhouse.xml');
const readers = createSessionPool(() => open(readerSettings(settings)));
const sorters = createSessionPool(() => open(readerSettings(settings, { isSorted: true })));
const writers = createSessionPool(() => open(writerSettings));
let running = 0;
/** Of those that run, the ones that are no glances. */
let uses = 0;
let idle: NodeJS.Timeout | undefined;

try {
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(configFile, clickhouseConfig(settings));
  await writers.run((session) => session.queryAsync('SELECT 1'));
  reply({ kind: 'ready' });
} catch (error) {
  process.send?.({ kind: 'failed', failure: failureOf(error) } satisfies Reply, () => {
    process.exit(1);
  });
}

process.on('message', (request: Request) => {
  if (request.kind === 'ping') beat();
  else if (request.kind === 'stop') void stop();
  else void answer(request.id, request);
});

/**
 * Besides, it gives libuv's threads something to do: one that crashed while it waited for work may be the one that was
 * told of a query, which then lies there until another is woken.
 */
function beat(): void {
  stat(settings.dataDir, () => {});
  reply({ kind: 'pong' });
}

async function answer(id: number, task: Task): Promise<void> {
  const isUse = task.kind !== 'query' || !task.isGlance;
  running += 1;
  if (isUse) {
    uses += 1;
    clearTimeout(idle);
  }
  try {
    const result = await run(task);
    reply({ kind: 'done', id, ...(result && { answer: result }) });
  } catch (error) {
    const failure = failureOf(error);
    // A thread of ClickHouse crashed: from now on it refuses everything, for the 300 s it takes to end.
    if (failure.clickhouseCode === ABORTED) process.kill(process.pid, 'SIGKILL');
    reply({ kind: 'refused', id, failure });
  } finally {
    running -= 1;
    if (isUse) {
      uses -= 1;
      if (uses === 0) idle = setTimeout(returnMemory, IDLE_MS);
    }
  }
}

/** jemalloc keeps what it was given; after a burst that is hundreds of megabytes that nothing uses. */
function returnMemory(): void {
  writers.run((session) => session.queryAsync('SYSTEM JEMALLOC PURGE')).catch(() => {});
}

async function run(task: Task): Promise<Uint8Array | undefined> {
  if (task.kind === 'query') {
    const pool = task.isSorted ? sorters : readers;
    const result = await pool.run((session) => session.queryAsync(task.sql, { format: 'JSON' }));
    return result.bytes();
  }
  if (task.kind === 'execute') {
    const result = await writers.run((session) => session.queryAsync(task.sql, { format: 'JSON' }));
    return result.bytes();
  }
  if (task.isTried) await write(task, inTrial(task.table)).catch(refusedInTrial);
  await write(task, task.table);
}

async function write(insert: NamedInsert, table: string): Promise<void> {
  const { columns, rows, deduplicationToken } = insert;
  await writers.run((session) =>
    session.insert({
      table,
      columns,
      values: rows,
      format: 'JSONEachRow',
      settings: {
        insert_deduplication_token: deduplicationToken,
        deduplicate_blocks_in_dependent_materialized_views: 1,
      },
    }),
  );
}

function refusedInTrial(error: unknown): never {
  throw Object.assign(error as Error, { isTrial: true });
}

function open(statements: readonly string[]): Session {
  const session = new Session(join(settings.dataDir, 'chdb'), {
    connectionArgs: [`--config-file=${configFile}`],
  });
  for (const statement of statements) session.query(statement);
  return session;
}

async function stop(): Promise<void> {
  while (running > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  readers.close();
  sorters.close();
  writers.close();
  process.exit(0);
}

function reply(message: Reply): void {
  // Without a channel there is no one to tell, and `disconnect` ends the process.
  if (process.connected) process.send?.(message);
}

function failureOf(error: unknown): DatabaseFailure {
  const message = error instanceof Error ? error.message : String(error);
  const { isTrial, ...numbered } = error as Omit<DatabaseFailure, 'message'>;
  const [, unread] = OPENING_REFUSED.exec(message) ?? [];
  const clickhouseCode = numbered.clickhouseCode ?? (unread && Number(unread));
  return {
    message,
    ...(typeof clickhouseCode === 'number' && { clickhouseCode }),
    ...(isTrial && { isTrial }),
  };
}
