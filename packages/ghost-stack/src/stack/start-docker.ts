import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** A `docker` at work, with its streams. */
export interface Started {
  stdin: Writable;
  stdout: Readable;
  /** Resolves when it has ended: with its exit code and the last that it said on standard error. */
  ended: Promise<{ code: number; said: string }>;
  /** Ends it, and the container that it waits for. */
  stop(): void;
}

/** More is never of use to a person. */
const SAID_BYTES = 4_096;

/** Starts `docker` for data that is too large to be held; `env` adds to its own environment. */
export function startDocker(
  dir: string,
  words: readonly string[],
  env: Record<string, string> = {},
): Started {
  const child = spawn('docker', words, { cwd: dir, env: { ...process.env, ...env } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-SAID_BYTES);
  });
  // Who no longer reads has said why with its exit code.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code]) => ({
    code: Number(code ?? 1),
    said: said.trim(),
  }));
  return { stdin: child.stdin, stdout: child.stdout, ended, stop: () => child.kill('SIGTERM') };
}
