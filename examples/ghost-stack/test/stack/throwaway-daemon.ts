import { execFileSync, spawn } from 'node:child_process';
import { openSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { vi } from 'vitest';
import { docker } from './stack.ts';

/** A Docker daemon that runs for tests alone, which may be killed and whose disk may be filled. */
export interface ThrowawayDaemon {
  /** As a power cut would, but for the containers, which go on until it starts anew. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Leaves no more room than so many MB where it keeps images; all of it again with `undefined`. */
  fill(leftMb: number | undefined): Promise<void>;
}

/** Names the file in which such a daemon has written its process id. */
const VARIABLE = 'PROSORA_THROWAWAY_DOCKERD';

/** Undefined where nobody has said that the daemon that these tests use is theirs alone. */
export function throwawayDaemon(): ThrowawayDaemon | undefined {
  const file = process.env[VARIABLE];
  if (file === undefined) return undefined;
  const words = (pid: string) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  const [program = '', ...args] = words(readFileSync(file, 'utf8').trim());
  return {
    async kill() {
      const pid = readFileSync(file, 'utf8').trim();
      process.kill(Number(pid), 'SIGKILL');
      await vi.waitUntil(() => !isAlive(Number(pid)), { timeout: 10_000, interval: 50 });
    },
    async start() {
      // It would take one that ended, and that nobody has waited for, for itself.
      rmSync(file, { force: true });
      const log = openSync(`${file}.log`, 'a');
      spawn(program, args, { detached: true, stdio: ['ignore', log, log] }).unref();
      const isThere = () => docker(['version', '--format', 'there']).catch(() => '');
      await vi.waitUntil(isThere, { timeout: 120_000, interval: 200 });
    },
    async fill(leftMb) {
      const folder = await docker(['info', '--format', '{{.DockerRootDir}}']);
      const filling = path.join(folder, 'filling');
      rmSync(filling, { force: true });
      if (leftMb === undefined) return;
      // Also what is kept for root, as which Docker writes.
      const { bfree, bsize } = statfsSync(folder);
      const bytes = bfree * bsize - leftMb * 2 ** 20;
      execFileSync('fallocate', ['--length', String(bytes), filling]);
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    // One that ended and was not waited for is there, and has no words any more.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}
