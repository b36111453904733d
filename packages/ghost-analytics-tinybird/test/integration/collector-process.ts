import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** How the command is started: from source, or from what is published. */
const FROM_SOURCE = ['--conditions=@prosora/source', CLI];

/** The command as a process of its own. */
export interface CollectorProcess {
  pid: number;
  url: string;
  privateUrl: string;
  /** Ends it and resolves with its exit code, `null` after a SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `serve` and resolves when it says that it is ready; it does not outlive the test. */
export async function spawnCollector(
  env: Record<string, string>,
  command: readonly string[] = FROM_SOURCE,
): Promise<CollectorProcess> {
  const child = spawn(process.execPath, command, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  let printed = '';
  child.stderr.on('data', (chunk) => {
    printed += chunk;
  });
  const ready = new Promise<{ url: string; privateUrl: string }>((resolve) => {
    // Read to the end, or the process stops at a full pipe.
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"msg":"ready"')) resolve(JSON.parse(line));
    });
  });
  const failed = exited.then((code) => {
    throw new Error(`The collector ended with ${code}: ${printed}`);
  });
  const { url, privateUrl } = await Promise.race([ready, failed]);
  failed.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    url,
    privateUrl,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** Runs another verb to its end. */
export async function runVerb(
  env: Record<string, string>,
  verb: readonly string[],
  command: readonly string[] = FROM_SOURCE,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env } };
  try {
    const done = await promisify(execFile)(process.execPath, [...command, ...verb], options);
    return { code: 0, ...done };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}
