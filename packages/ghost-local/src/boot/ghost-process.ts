import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { GhostLocalError } from '../errors.ts';
import type { GhostMode } from '../site/config.ts';
import type { SiteFolder } from '../site/site-folder.ts';
import { describeBootFailure, type GhostBootError } from './boot-failure.ts';
import type { GhostExit } from './ghost-exit.ts';
import { createGhostLog, type GhostLog } from './ghost-log.ts';

const PRELOAD = new URL('ghost-preload.ts', import.meta.url).href;
const GRACE_AFTER_FAILURE_MS = 3000;

/**
 * Ghost's boot makes thousands of modules that stay: where the young generation holds more of them, V8 copies them about
 * less often, and the boot takes a fifth less of the processor.
 */
const FLAGS = ['--max-semi-space-size=32'];

/** What {@link startGhostProcess} needs. */
export interface GhostProcessOptions {
  site: SiteFolder;
  mode: GhostMode;
  env: Record<string, string>;
  preloads: string[];
  deadlineMs: number;
}

/** One run of Ghost, from a finished boot to its exit. */
export interface GhostProcess {
  pid: number;
  log: GhostLog;
  exited: Promise<GhostExit>;
  /** Sends a message to the preload and resolves to the answer with the same `id`. */
  ask<Request extends { id: string }, Reply extends { id: string }>(
    request: Request,
  ): Promise<Reply>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL if Ghost is still there after `graceMs`. Resolves after the exit. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts Ghost and resolves once Ghost says that it is ready, over the channel it has for Ghost-CLI
 * (`core/server/notify.js`). Ghost ends with its parent, even if that is killed.
 *
 * @throws GhostLocalError `GHOST_BOOT_FAILED` if Ghost gives up, `GHOST_BOOT_TIMEOUT` after the
 * deadline, both with Ghost's last words
 */
export async function startGhostProcess(options: GhostProcessOptions): Promise<GhostProcess> {
  const log = createGhostLog(options.site.logFile);
  const logStart = await log.size();
  const child = await spawnGhost(options, log);
  const exited = new Promise<GhostExit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  endWithParent(child);

  const outcome = await Promise.race([
    bootMessage(child),
    exited,
    setTimeout(options.deadlineMs, { late: options.deadlineMs }, { ref: false }),
  ]);
  if (outcome !== 'ready') {
    await stop(child, exited, GRACE_AFTER_FAILURE_MS);
    throw describeBootFailure(outcome, log.file, await log.since(logStart));
  }

  return {
    pid: child.pid ?? 0,
    log,
    exited,
    ask: (request) => ask(child, request),
    kill: (signal) => void child.kill(signal),
    stop: (graceMs) => stop(child, exited, graceMs),
  };
}

async function spawnGhost(options: GhostProcessOptions, log: GhostLog): Promise<ChildProcess> {
  const preloads = [PRELOAD, ...options.preloads.map((path) => pathToFileURL(path).href)];
  const output = await log.openToAppend();
  try {
    const child = spawn(
      process.execPath,
      [...FLAGS, ...preloads.flatMap((url) => ['--import', url]), 'current/index.js'],
      {
        cwd: options.site.dir,
        env: { ...inheritedEnv(), ...options.env, NODE_ENV: options.mode },
        stdio: ['ignore', output.fd, output.fd, 'ipc'],
      },
    );
    await once(child, 'spawn');
    return child;
  } finally {
    await output.close();
  }
}

/** Ghost takes a variable with a double underscore for its configuration and above our file. */
function inheritedEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.includes('__')));
}

/** For an exit of the parent that runs its handlers; the preload takes care of the others. */
function endWithParent(child: ChildProcess) {
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}

/** Resolves when Ghost says that it is ready, or why it never will be. */
function bootMessage(child: ChildProcess): Promise<'ready' | { ghostError: GhostBootError }> {
  return new Promise((resolve) => {
    child.on('message', (message: { ready?: boolean; error?: GhostBootError }) => {
      if (message.ready) resolve('ready');
      else if (message.error) resolve({ ghostError: message.error });
    });
  });
}

async function ask<Request extends { id: string }, Reply extends { id: string }>(
  child: ChildProcess,
  request: Request,
): Promise<Reply> {
  return await new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      finish();
    };
    const onMessage = (message: Reply) => {
      if (message.id === request.id) settle(() => resolve(message));
    };
    const onExit = (cause?: unknown) => {
      const error = new GhostLocalError('GHOST_NOT_RUNNING', 'Ghost is not running.', { cause });
      settle(() => reject(error));
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.send(request, (error) => error && onExit(error));
  });
}

async function stop(child: ChildProcess, exited: Promise<GhostExit>, graceMs: number) {
  child.kill('SIGTERM');
  const killLater = globalThis.setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(killLater);
}
