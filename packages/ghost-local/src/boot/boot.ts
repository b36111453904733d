import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { putNewDatabase } from '../database/new-database.ts';
import { createSqlReader, type SqlReader } from '../database/sql.ts';
import { GhostLocalError } from '../errors.ts';
import { type GhostInstall, installGhost } from '../install/install.ts';
import { baseConfig, type GhostConfig, type GhostMode, mergeConfig } from '../site/config.ts';
import { prepareSiteFolder, siteFolderAt, writeConfig } from '../site/site-folder.ts';
import { type EmailAnalyticsKind, fetchEmailAnalytics } from './email-analytics.ts';
import type { GhostExit } from './ghost-exit.ts';
import { startGhostProcess } from './ghost-process.ts';
import { findPort } from './ports.ts';

/** What a restart may change; everything else stays. */
export interface RestartGhostOptions {
  /** Laid over the configuration so far: https://docs.ghost.org/config */
  config?: GhostConfig;
  /** Laid over the environment so far. */
  env?: Record<string, string>;
}

/** What {@link bootGhost} can be told. */
export interface BootGhostOptions extends RestartGhostOptions {
  /** (Default: what {@link installGhost} returns) */
  install?: GhostInstall;
  /** Holds the site: configuration, log, content. (Default: a temporary folder, removed on dispose) */
  dir?: string;
  /** (Default: `content` in the site's folder) Filled from Ghost's package where files are missing. */
  contentDir?: string;
  /** (Default: `development`) */
  mode?: GhostMode;
  /** Where Ghost listens on 127.0.0.1. (Default: a free port) */
  port?: number;
  /** The site's public URL. (Default: `http://localhost:<port>`) */
  url?: string;
  /** MySQL or MariaDB in place of SQLite: the options of the mysql2 driver. */
  mysql?: GhostConfig;
  /** Modules that Ghost's process imports before Ghost, as paths. */
  preloads?: string[];
  /** How long a boot may take. (Default: 120,000) */
  deadlineMs?: number;
  /** Hears the installer's progress. */
  onProgress?: (line: string) => void;
}

/** A Ghost that answers. */
export interface RunningGhost {
  readonly version: string;
  readonly mode: GhostMode;
  /** The site's public URL, without a slash at its end. */
  readonly url: string;
  /** Where the process itself listens, for requests that go past an edge. */
  readonly listenUrl: string;
  readonly port: number;
  /** Of the present process; a restart changes it. */
  readonly pid: number;
  readonly dir: string;
  readonly contentDir: string;
  readonly logFile: string;
  /** Undefined on MySQL. */
  readonly databaseFile: string | undefined;
  /** Resolves when the present process ends. */
  readonly exited: Promise<GhostExit>;
  /** Reads Ghost's database. */
  readonly sql: SqlReader;
  /**
   * Makes Ghost fetch e-mail events now rather than within five minutes. (Default: newsletters)
   *
   * @throws GhostLocalError `EMAIL_ANALYTICS_FAILED`, `GHOST_NOT_RUNNING`
   */
  fetchEmailAnalytics(kind?: EmailAnalyticsKind): Promise<void>;
  /** Ends Ghost at once and resolves after its exit. (Default: SIGKILL) */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGTERM, then SIGKILL after `graceMs`. (Default: 10,000) Resolves after the exit. */
  stop(graceMs?: number): Promise<void>;
  /** Stops Ghost if it runs and boots it again on the same folder, port and database. */
  restart(changes?: RestartGhostOptions): Promise<void>;
  /** Stops Ghost and removes a temporary folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Boots a Ghost on this machine and resolves when it answers.
 *
 * @throws GhostLocalError `PORT_IN_USE`, `GHOST_BOOT_FAILED`, `GHOST_BOOT_TIMEOUT`, and what
 * {@link installGhost} throws
 */
export async function bootGhost(options: BootGhostOptions = {}): Promise<RunningGhost> {
  const { mode = 'development', onProgress, deadlineMs = 120_000, preloads = [] } = options;
  const install = options.install ?? (await installGhost(onProgress ? { onProgress } : {}));
  const port = await findPort(options.port ?? 0);
  const url = (options.url ?? `http://localhost:${port}`).replace(/\/$/, '');
  const listenUrl = `http://127.0.0.1:${port}`;

  const isTemporary = options.dir === undefined;
  const dir = resolve(options.dir ?? (await mkdtemp(join(tmpdir(), 'ghost-'))));
  const site = siteFolderAt(dir, options.contentDir && resolve(options.contentDir));
  await prepareSiteFolder(site, install.dir);

  const { contentDir, databaseFile } = site;
  let config = baseConfig({ url, port, contentDir, databaseFile });
  if (options.mysql) config['database'] = { client: 'mysql', connection: options.mysql };
  // Another place of the database or of its fixtures is for Ghost itself to go by.
  else if (!options.config?.['database'] && !options.config?.['paths']) {
    await putNewDatabase(databaseFile, install, onProgress ? { onProgress } : {});
  }
  let env: Record<string, string> = {};

  const start = async (changes: RestartGhostOptions) => {
    config = mergeConfig(config, changes.config ?? {});
    env = { ...env, ...changes.env };
    await writeConfig(site, mode, config);
    const started = await startGhostProcess({ site, mode, env, preloads, deadlineMs });
    const status = await answeredStatus(listenUrl, url);
    if (status === 200) return started;
    await started.stop(0);
    throw new GhostLocalError('GHOST_BOOT_FAILED', `Ghost booted, but answers ${status}.`);
  };

  let ghost = await start(options);
  const stop = (graceMs = 10_000) => ghost.stop(graceMs);
  return {
    version: install.version,
    mode,
    url,
    listenUrl,
    port,
    dir,
    contentDir,
    logFile: site.logFile,
    databaseFile: options.mysql ? undefined : databaseFile,
    get pid() {
      return ghost.pid;
    },
    get exited() {
      return ghost.exited;
    },
    sql: (query, params) => createSqlReader(config, install.dir)(query, params),
    fetchEmailAnalytics: (kind = 'newsletters') => fetchEmailAnalytics(ghost, kind),
    async kill(signal = 'SIGKILL') {
      ghost.kill(signal);
      await ghost.exited;
    },
    stop,
    async restart(changes = {}) {
      await stop();
      ghost = await start(changes);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      if (isTemporary) await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A health check the way an edge that ends TLS does it; without the header Ghost redirects. */
async function answeredStatus(listenUrl: string, url: string): Promise<number> {
  const { pathname, protocol } = new URL(`${url}/ghost/api/admin/site/`);
  const response = await fetch(listenUrl + pathname, {
    headers: { 'x-forwarded-proto': protocol.slice(0, -1) },
    redirect: 'manual',
  });
  await response.body?.cancel();
  return response.status;
}
