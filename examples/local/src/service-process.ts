import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { commandOf } from '@prosora/service/testing';

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

/** What Node is called with for a service's command. */
const argsOf = (name: string) =>
  commandOf(new URL('src/cli.ts', import.meta.resolve(`${name}/package.json`)));

/** Of our own environment a service sees what it needs to start, and what makes that cheaper. */
function environmentOf({ env }: ServiceOptions): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), ...env };
}

/** Runs another verb of a service's command to its end. @throws Error with what it printed */
export async function runVerb(options: ServiceOptions, verb: string): Promise<void> {
  await promisify(execFile)(process.execPath, [...argsOf(options.package), verb], {
    env: environmentOf(options),
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
  const child = spawn(process.execPath, argsOf(options.package), {
    env: environmentOf(options),
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
