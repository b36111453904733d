import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { KeptCommandEnd } from './keep-command.ts';

/** How many of the last lines are kept to explain a failure. */
const KEPT_LINES = 15;

const KEEPER = join(import.meta.dirname, 'keep-command.ts');

/** What is left of a command after its end. */
export interface CommandResult {
  /** The exit code, or null if a signal ended it. */
  exitCode: number | null;
  /** The last lines of its output, standard output and standard error together. */
  lastLines: string[];
}

/** Where to run a command and who hears its lines. */
export interface CommandOptions {
  cwd: string;
  /** Locked as by `withInstallLock` while anything of the command runs. */
  lockFile: string;
  onLine?: (line: string) => void;
}

/**
 * Runs a command to its end without a shell and never rejects for its exit code. When this process dies,
 * the command and all that it started are ended, even after SIGKILL, and the lock is free after that.
 *
 * @throws An error with the system's `code` (`ENOENT`, `EACCES`) if the command cannot be started.
 */
export async function runCommand(
  command: string,
  args: string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const keeper = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', KEEPER, options.lockFile, command, ...args],
    {
      cwd: options.cwd,
      // pnpm leaves out what does not fit the first `node` of the PATH, which may be another one.
      env: {
        ...process.env,
        PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const lastLines: string[] = [];
  for (const stream of [keeper.stdout, keeper.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      if (!line.trim()) return;
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      options.onLine?.(line);
    });
  }
  let end: KeptCommandEnd = { exitCode: null };
  keeper.on('message', (message) => {
    if (message === 'ready') keeper.send('start');
    else end = message as KeptCommandEnd;
  });
  return await new Promise((resolve, reject) => {
    keeper.once('error', reject);
    keeper.once('close', () => {
      if ('exitCode' in end) return resolve({ exitCode: end.exitCode, lastLines });
      const { code } = end.error;
      reject(Object.assign(new Error(`${command} cannot be started (${code}).`), { code }));
    });
  });
}
