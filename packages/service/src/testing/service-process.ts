import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** A service's command as a process of its own. */
export interface ServiceProcess {
  child: ChildProcess;
  url: string;
  privateUrl: string;
  /** Ends it and resolves with its exit code, `null` after a SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts `serve` and resolves when the log says `ready`.
 *
 * @param command what Node runs: the source with its condition, or a published file
 * @throws Error with what it printed when it ends instead.
 */
export async function spawnService(
  command: readonly string[],
  env: Record<string, string>,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, command, {
    env: { ...machineEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ready = new Promise<{ url: string; privateUrl: string }>((resolve) => {
    // Read to the end, or the process stops at a full pipe.
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"msg":"ready"')) resolve(JSON.parse(line));
    });
  });
  const failed = exited.then((code) => {
    throw new Error(`${command.at(-1)} ended with ${code}: ${errors}`);
  });
  const { url, privateUrl } = await Promise.race([ready, failed]);
  failed.catch(() => undefined);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return { child, url, privateUrl, end };
}

/**
 * What a command gets of this process's variables beside its own: where programs are, and where Node keeps what it
 * has compiled, which makes a start cheaper by a third.
 */
export function machineEnv(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE };
}

/** Runs a command to its end. */
export async function runCommand(
  command: readonly string[],
  env: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { env: { ...machineEnv(), ...env } };
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, command, options)) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}
