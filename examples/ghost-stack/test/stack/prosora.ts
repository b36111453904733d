import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { QUIET, ROOT } from './stack.ts';

/** How a run of the command ended. */
export interface Run {
  code: number;
  stdout: string;
  /** With what it said on standard error. */
  output: string;
}

/** Where the command runs, and with what in its environment. */
export interface Place {
  dir: string;
  env: Record<string, string>;
}

/** The stack under test, with more in the command's environment. */
export function stackUnderTest(more: Record<string, string> = {}): Place {
  const { dir, project, env } = inject('stack');
  const own = { COMPOSE_PROJECT_NAME: project, COMPOSE_PROFILES: 'sandbox', ...QUIET, ...env };
  return { dir, env: { ...own, ...more } };
}

/** Runs `./prosora` in the stack's folder, as its user does. */
export function prosora(words: string[], more: Record<string, string> = {}): Promise<Run> {
  return prosoraIn(stackUnderTest(more), words);
}

/** The same in another folder. */
export function prosoraIn({ dir, env }: Place, words: string[]): Promise<Run> {
  const options = { cwd: dir, env: { ...process.env, ...env }, maxBuffer: 64 * 2 ** 20 };
  return new Promise((resolve) => {
    execFile(path.join(dir, 'prosora'), words, options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, output: stdout + stderr }),
    );
  });
}

/** The same on the stack under test; each line is heard as it is said. */
export async function prosoraHeard(
  words: string[],
  more: Record<string, string>,
  hear: (line: string) => void,
): Promise<Run> {
  const { dir, env } = stackUnderTest(more);
  const child = spawn(path.join(dir, 'prosora'), words, {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, output] = ['', ''];
  createInterface(child.stdout).on('line', (line) => {
    stdout += `${line}\n`;
    output += `${line}\n`;
    hear(line);
  });
  child.stderr.on('data', (said) => {
    output += said;
  });
  const [code] = await once(child, 'close');
  return { code: Number(code ?? 1), stdout, output };
}

/** Runs the same program with Node and kills it with all that it started after a while, unless it ends before. */
export async function prosoraKilledAfter(
  moment: number | Promise<unknown>,
  words: string[],
  { dir, env }: Place = stackUnderTest(),
): Promise<{ wasKilled: boolean }> {
  const cli = path.join(ROOT, 'packages/ghost-stack/src/cli.ts');
  const child = spawn(process.execPath, ['--conditions=@prosora/source', cli, ...words], {
    cwd: dir,
    env: { ...process.env, ...env, PROSORA_STACK_DIR: dir },
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await Promise.race([ended, typeof moment === 'number' ? delay(moment) : moment]);
  const wasKilled = child.exitCode === null;
  if (wasKilled) process.kill(-(child.pid as number), 'SIGKILL');
  await ended;
  return { wasKilled };
}

/**
 * How runs are killed at random moments on their way. One that had ended before is prepared and run again, and the time
 * that it took bounds the moments to come.
 *
 * @returns what kills one, and resolves with the moment, in ms
 */
export function createKiller(random: () => number, longestMs: number, place?: Place) {
  let longest = longestMs;
  return async (words: string[], prepare: () => Promise<unknown>): Promise<number> => {
    for (;;) {
      await prepare();
      const ms = Math.round(random() * longest);
      const startedAt = performance.now();
      const { wasKilled } = await prosoraKilledAfter(ms, words, place);
      if (wasKilled) return ms;
      longest = performance.now() - startedAt;
    }
  };
}
