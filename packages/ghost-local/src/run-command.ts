import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { createInterface } from 'node:readline';

/** How many of the last lines are kept to explain a failure. */
const KEPT_LINES = 15;

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
  onLine?: (line: string) => void;
}

/**
 * Runs a command to its end without a shell and never rejects for its exit code.
 *
 * @throws The system's error (`ENOENT`, `EACCES`) if the command cannot be started.
 */
export async function runCommand(
  command: string,
  args: string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    // pnpm leaves out what does not fit the first `node` of the PATH, which may be another one.
    env: { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (!line.trim()) return;
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      options.onLine?.(line);
    });
  }
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, lastLines }));
  });
}
