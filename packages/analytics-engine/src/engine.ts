import { chmod, mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { type Listener, type Logger, listen, startPrivateListener } from '@prosora/service';
import type { OptionValues } from '@prosora/service/options';
import { createApp } from './app.ts';
import { openJournal } from './database/journal.ts';
import { type Database, openDatabase } from './database/supervisor.ts';
import { createEngineMetrics } from './engine-metrics.ts';
import { EngineError } from './errors.ts';
import type { engineOptions } from './options.ts';
import { assertPlatform } from './platform.ts';
import { deploy } from './schema/deploy.ts';
import { deployBest, type ServedProject } from './served-project.ts';
import { createTokens } from './tokens.ts';

/** The values of {@link engineOptions}. */
export type EngineOptions = OptionValues<typeof engineOptions>;

/** An engine that serves. */
export interface Engine extends AsyncDisposable {
  /** Base of the API, such as `http://127.0.0.1:7181`. */
  url: string;
  /** Base of /livez, /readyz and /metrics. */
  privateUrl: string;
  database: Database;
  served: ServedProject;
  close(): Promise<void>;
}

/**
 * Starts the engine: reads the datafiles, opens the database and creates what it lacks, then listens.
 *
 * @throws EngineError `PLATFORM_UNSUPPORTED`, `DATAFILES_MISSING`, `DATAFILE_INVALID`,
 * `DATAFILES_CHANGED`, `DATABASE_START_FAILED`; ProsoraError `LISTEN_FAILED`
 */
export async function startEngine(options: EngineOptions, logger: Logger): Promise<Engine> {
  assertPlatform();
  const folder = datafilesDirOf(options);
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await chmod(dataDir, 0o700);

  let served: ServedProject | undefined;
  await using stack = new AsyncDisposableStack();
  const database = stack.use(
    await openDatabase({
      settings: {
        dataDir,
        memoryLimitBytes: options.memoryLimitMb * 2 ** 20,
        maxQuerySeconds: options.maxQuerySeconds,
      },
      journal: await openJournal(dataDir),
      async prepare(connection) {
        if (served) await deploy(served.project, connection, { logger });
        else served = await deployBest(connection, { folder, dataDir, logger });
      },
      logger,
    }),
  );
  if (!served) throw new EngineError('DATABASE_START_FAILED', 'The database was not prepared.');
  const { project } = served;
  const metrics = createEngineMetrics(database, served);
  const app = createApp({
    project,
    connection: database,
    accessOf: createTokens({
      adminToken: options.adminToken,
      namedTokens: { tracker: options.trackerToken },
      project,
    }),
    metrics,
    logger,
    localToken: options.localTokens ? options.adminToken : undefined,
  });
  const privateListener = stack.use(
    await startPrivateListener({
      host: options.privateHost,
      port: options.privatePort,
      metrics: metrics.registry,
      checks: { database: () => assertReady(database) },
    }),
  );
  const listener = stack.use(await listen(createServer(app), options));
  logger.info({ url: listener.url, dataDir, pipes: project.pipes.size }, 'listening');
  return engineOf({ listener, privateListener, database, served }, stack.move());
}

/** The folder of datafiles that the options name. */
export function datafilesDirOf({
  datafilesDir,
  ghostDir,
}: Pick<EngineOptions, 'datafilesDir' | 'ghostDir'>): string {
  if (datafilesDir) return resolve(datafilesDir);
  if (ghostDir) return resolve(join(ghostDir, 'core/server/data/tinybird'));
  throw new EngineError(
    'DATAFILES_MISSING',
    'Neither GHOST_DIR nor PROSORA_ENGINE_DATAFILES is set.',
    {
      help: 'Set GHOST_DIR to the folder of an installed Ghost 6.',
    },
  );
}

function assertReady(database: Database): void {
  if (!database.isReady) throw new EngineError('DATABASE_UNAVAILABLE', 'restarting');
}

function engineOf(
  {
    listener,
    privateListener,
    ...rest
  }: { listener: Listener; privateListener: Listener } & Pick<Engine, 'database' | 'served'>,
  resources: AsyncDisposableStack,
): Engine {
  const close = (): Promise<void> => resources.disposeAsync();
  return {
    url: listener.url,
    privateUrl: privateListener.url,
    ...rest,
    close,
    [Symbol.asyncDispose]: close,
  };
}
