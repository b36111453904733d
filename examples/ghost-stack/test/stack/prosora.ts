import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { ROOT } from './stack.ts';

/** How a run of the command ended. */
export interface Run {
  code: number;
  stdout: string;
  /** With what it said on standard error. */
  output: string;
}

function settings() {
  const { dir, project } = inject('stack');
  const env = {
    COMPOSE_PROJECT_NAME: project,
    COMPOSE_PROFILES: 'sandbox',
    PROSORA_STACK_DIR: dir,
  };
  return { dir, env: { ...process.env, ...env } };
}

/** Runs `./prosora` in the stack's folder, as its user does. */
export function prosora(words: string[], more: Record<string, string> = {}): Promise<Run> {
  const { dir, env } = settings();
  const options = { cwd: dir, env: { ...env, ...more }, maxBuffer: 64 * 2 ** 20 };
  return new Promise((resolve) => {
    execFile(path.join(dir, 'prosora'), words, options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, output: stdout + stderr }),
    );
  });
}

/** Runs the same program with Node and kills it with all that it started, unless it ends before. */
export async function prosoraKilledAfter(
  ms: number,
  words: string[],
): Promise<{ wasKilled: boolean }> {
  const { dir, env } = settings();
  const cli = path.join(ROOT, 'packages/ghost-stack/src/cli.ts');
  const child = spawn(process.execPath, ['--conditions=@prosora/source', cli, ...words], {
    cwd: dir,
    env,
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await Promise.race([ended, delay(ms)]);
  const wasKilled = child.exitCode === null;
  if (wasKilled) process.kill(-(child.pid as number), 'SIGKILL');
  await ended;
  return { wasKilled };
}
