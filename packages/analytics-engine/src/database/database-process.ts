import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../errors.ts';
import { engineErrorOf } from './failure.ts';
import { keepHeartbeat } from './heartbeat.ts';
import type { DatabaseSettings, Reply, Request, Task } from './messages.ts';

/** A process that holds chDB. */
export interface DatabaseProcess {
  pid: number;
  /** Resolves when it has ended, with how. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /**
   * Does one thing.
   *
   * @throws EngineError what ClickHouse refused, or `DATABASE_UNAVAILABLE` when the process ended
   * before it answered: the task was done wholly, in part or not at all.
   */
  run(task: Task): Promise<Buffer>;
  /** Lets what runs finish, then ends it; by force after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** A task that outlives ClickHouse's own limit by this hangs in a thread that crashed. */
const SILENCE_GRACE_MS = 10_000;
const LONGEST_EXPLANATION = 2_000;
/** It opens the data in one call and answers no heartbeat meanwhile; one that crashed in it hangs. */
const LONGEST_START_MS = 5 * 60_000;
/** Statements of our own have no limit: filling a table anew takes as long as it takes. */
const LONGEST_EXECUTION_MS = 6 * 3_600_000;

interface Pending {
  task: Task;
  resolve: (answer: Buffer) => void;
  reject: (error: EngineError) => void;
  silence: NodeJS.Timeout;
}

/**
 * Starts chDB in a process of its own and waits until it has opened the data.
 *
 * @throws EngineError `DATABASE_START_FAILED`
 */
export async function startDatabaseProcess(settings: DatabaseSettings): Promise<DatabaseProcess> {
  const child = forkChild(settings);
  const pending = new Map<number, Pending>();
  const maxSilenceMs = settings.maxQuerySeconds * 1000 + SILENCE_GRACE_MS;
  let nextId = 1;
  const exited: DatabaseProcess['exited'] = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      for (const { reject, silence } of pending.values()) {
        clearTimeout(silence);
        reject(new EngineError('DATABASE_UNAVAILABLE', 'The database is restarting.'));
      }
      pending.clear();
      resolve({ code, signal });
    });
  });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), LONGEST_START_MS);
  await opened(child, stderrOf(child)).finally(() => clearTimeout(tooLong));
  keepHeartbeat(child);

  child.on('message', (reply: Reply) => {
    if (reply.kind !== 'done' && reply.kind !== 'refused') return;
    const request = pending.get(reply.id);
    if (!request) return;
    pending.delete(reply.id);
    clearTimeout(request.silence);
    if (reply.kind === 'done') request.resolve(bufferOf(reply.answer));
    else request.reject(engineErrorOf(reply.failure, request.task.kind));
  });

  return {
    pid: child.pid ?? 0,
    exited,
    run: (task) =>
      new Promise((resolve, reject) => {
        if (!child.connected) {
          reject(new EngineError('DATABASE_UNAVAILABLE', 'The database is restarting.'));
          return;
        }
        const id = nextId++;
        const longestMs = task.kind === 'execute' ? LONGEST_EXECUTION_MS : maxSilenceMs;
        const silence = setTimeout(() => child.kill('SIGKILL'), longestMs);
        pending.set(id, { task, resolve, reject, silence });
        send(child, { id, ...task });
      }),
    async stop(graceMs) {
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
      send(child, { kind: 'stop' });
      await exited;
      clearTimeout(late);
    },
  };
}

function forkChild(settings: DatabaseSettings): ChildProcess {
  // The built package has child.js beside this file's bundle; the source runs as it is.
  const file = import.meta.url.endsWith('.ts') ? './child.ts' : './child.js';
  return fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(settings)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--conditions=@prosora/source'],
    // Ghost's pipes take the server's clock for UTC, as it is at Tinybird.
    env: { ...process.env, TZ: 'UTC', UV_THREADPOOL_SIZE: '8' },
  });
}

/** Passes on what ClickHouse says, and remembers the end of it: chDB's own error does not tell why. */
function stderrOf(child: ChildProcess): () => string {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    said = `${said}${chunk}`.slice(-LONGEST_EXPLANATION);
  });
  return () => said.trim();
}

function opened(child: ChildProcess, said: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (message: string): void =>
      reject(
        new EngineError(
          'DATABASE_START_FAILED',
          `The database did not start: ${[message, said()].filter(Boolean).join(' ')}`,
        ),
      );
    let failure: string | undefined;
    child.on('error', (error) => refuse(error.message));
    child.once('close', (code, signal) =>
      refuse(failure ?? `it ended with ${signal ?? `code ${code}`}.`),
    );
    child.once('message', (reply: Reply) => {
      // It ends now, and what it said on stderr comes before its end.
      if (reply.kind === 'failed') failure = reply.failure.message;
      else resolve();
    });
  });
}

function send(child: ChildProcess, request: Request): void {
  // A failure to send means that the process ended, which `exit` reports.
  if (child.connected) child.send(request, () => {});
}

/** The same bytes, not a copy of them. */
function bufferOf(bytes: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
