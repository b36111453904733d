import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A Prosora service as a process of its own, the way a self-hoster runs its command. */
export interface ServiceOptions {
  /** The published package whose command it is. */
  package: string;
  /** Its options. */
  env: Record<string, string>;
  /** Where `/readyz` and `/metrics` are. */
  privatePort: number;
  logFile: string;
}

/** A service that is ready. */
export interface RunningService {
  /** Where `/readyz` and `/metrics` are. */
  privateUrl: string;
  /** SIGTERM; resolves after the exit. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;

function commandOf({ package: name }: Pick<ServiceOptions, 'package'>): string[] {
  const manifest = fileURLToPath(import.meta.resolve(`${name}/package.json`));
  return ['--conditions=@prosora/source', path.join(path.dirname(manifest), 'src/cli.ts')];
}

/** Runs another verb of a service's command to its end. @throws Error with what it printed */
export async function runVerb(options: ServiceOptions, verb: string): Promise<void> {
  await promisify(execFile)(process.execPath, [...commandOf(options), verb], {
    env: { PATH: process.env['PATH'], ...options.env },
  });
}

/**
 * Starts `serve` and resolves when the service says that it is ready.
 *
 * @throws Error with the log's name when it ends or is not ready in time.
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  await mkdir(path.dirname(options.logFile), { recursive: true });
  const log = await open(options.logFile, 'a');
  const child = spawn(process.execPath, commandOf(options), {
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: ['ignore', log.fd, log.fd],
  });
  const exited = once(child, 'exit').finally(() => log.close());
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  const privateUrl = `http://127.0.0.1:${options.privatePort}`;
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(privateUrl))) {
    if (child.exitCode === null && Date.now() < deadline) {
      await delay(100);
      continue;
    }
    await stop();
    throw new Error(`${options.package} did not start: ${options.logFile} says why.`);
  }
  return { privateUrl, stop };
}

async function isReady(privateUrl: string): Promise<boolean> {
  return await fetch(`${privateUrl}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}
