import { chmod, mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import {
  type ClockGuard,
  keepLooking,
  type Listener,
  type Logger,
  listen,
  type OperatorTokensOptions,
  openClockGuard,
  openOperatorTokens,
  serveOperations,
  startPrivateListener,
  tryOperatorTokens,
} from '@prosora/service';
import { assertTokensDiffer, createTokens } from './access/tokens.ts';
import { createApp } from './app.ts';
import { type Care, createCare } from './care/care.ts';
import { clockRecordOf, clockSentence } from './care/clock-file.ts';
import { takeDataDir } from './care/data-dir-lock.ts';
import { newestEventMs } from './care/newest-event.ts';
import { noteCleanStop, openChecked } from './care/open-checked.ts';
import { keepCare } from './care/schedule.ts';
import { databaseSettings } from './database/database-settings.ts';
import { assertPlatform } from './database/platform.ts';
import type { Database } from './database/supervisor.ts';
import { datafilesDirOf } from './datafiles/datafiles-dir.ts';
import { createEngineMetrics } from './engine-metrics.ts';
import { EngineError } from './errors.ts';
import { watchRoom } from './ingest/room-for-batches.ts';
import type { EngineOptions } from './options.ts';
import type { ServedProject } from './schema/served-project.ts';
import { createHandlers } from './verbs/handlers.ts';
import { operations } from './verbs/operations.ts';

/** Whom the engine believes. */
type TokenOptions = Pick<EngineOptions, 'adminToken' | 'trackerToken' | 'siteTokens'>;

/** An engine that serves. */
export interface Engine extends AsyncDisposable {
  /** Base of the API, such as `http://127.0.0.1:7181`. */
  url: string;
  /** Base of /livez, /readyz and /metrics. */
  privateUrl: string;
  database: Database;
  served: ServedProject;
  care: Care;
  /** Believes these from now on, and no former one. @throws EngineError `TOKENS_EQUAL` */
  renewTokens(tokens: TokenOptions): void;
  /** The same for the operator API. @throws ProsoraError `OPERATOR_TOKENS` */
  renewOperatorTokens(renewed: OperatorTokensOptions): void;
  close(): Promise<void>;
}

/**
 * Starts the engine: reads the datafiles, opens the database and creates what it lacks, then listens.
 *
 * @throws EngineError `PLATFORM_UNSUPPORTED`, `TOKENS_EQUAL`, `DATAFILES_MISSING`, `DATAFILE_INVALID`,
 * `DATAFILES_CHANGED`, `DATA_DIR_TAKEN`, `DATA_TORN`, `DATABASE_START_FAILED`; ProsoraError
 * `LISTEN_FAILED`
 */
export async function startEngine(options: EngineOptions, logger: Logger): Promise<Engine> {
  assertPlatform();
  assertTokensDiffer(options);
  const folder = datafilesDirOf(options);
  const settings = databaseSettings(options);
  const { dataDir } = settings;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await chmod(dataDir, 0o700);

  await using stack = new AsyncDisposableStack();
  stack.use(takeDataDir(dataDir));
  const checked = await openChecked({ settings, folder, logger });
  const { served } = checked;
  const { project } = served;
  const database = stack.use(checked.database);
  stack.defer(() => noteCleanStop(dataDir, checked));
  const notBeforeMs = await newestEventMs(database);
  const clock = await openClockGuard({ record: clockRecordOf(dataDir), notBeforeMs });
  stack.defer(watchClock(clock, logger));
  const { backupHours, keepBackups, retentionMonths } = options;
  const care = createCare(checked, { settings, keepBackups, retentionMonths, clock });
  const stopping = new AbortController();
  const schedule = { care, clock, backupHours, retentionMonths, logger };
  const looking = keepCare(schedule, stopping.signal);
  stack.defer(async () => {
    stopping.abort();
    await looking;
  });
  const room = watchRoom(dataDir);
  const metrics = createEngineMetrics(database, served, clock);
  const tokensOf = ({ adminToken, trackerToken, siteTokens }: TokenOptions) => {
    assertTokensDiffer({ adminToken, trackerToken, siteTokens });
    const namedTokens = { tracker: trackerToken ?? [] };
    return createTokens({ adminTokens: adminToken, namedTokens, siteTokens, project });
  };
  let accessOf = tokensOf(options);
  const app = createApp({
    project,
    connection: database,
    accessOf: (token) => accessOf(token),
    room,
    metrics,
    logger,
    localToken: options.localTokens ? options.adminToken[0] : undefined,
  });
  const shown = {
    metrics: metrics.registry,
    checks: { database: () => assertReady(database), batches: () => room.assertThere() },
  };
  const tokens = tryOperatorTokens(options, logger);
  const privateListener = await startPrivateListener({
    ...shown,
    host: options.privateHost,
    port: options.privatePort,
    ...(tokens && {
      routes: serveOperations({
        operations,
        handlers: createHandlers(options, { ...shown, care, clock }),
        tokens,
        logger,
      }),
    }),
    onError: (error) =>
      logger.error(
        { event: 'private.failed', err: error },
        'a request to the private address failed',
      ),
  });
  // What an operator asked for may take an hour, and a stop does not wait for it.
  stack.defer(() => privateListener.close(0));
  const listener = stack.use(await listen(createServer(app), options));
  const { url } = listener;
  const privateUrl = privateListener.url;
  logger.info(
    { event: 'service.ready', url, privateUrl, dataDir, pipes: project.pipes.size },
    'ready',
  );
  const renewTokens = (renewed: TokenOptions) => {
    accessOf = tokensOf(renewed);
  };
  const renewOperatorTokens = (renewed: OperatorTokensOptions) => {
    if (tokens) Object.assign(tokens, openOperatorTokens(renewed));
  };
  const renewals = { renewTokens, renewOperatorTokens };
  return engineOf({ listener, privateListener, database, served, care, ...renewals }, stack.move());
}

/** Returns what ends it. */
function watchClock(clock: ClockGuard, logger: Logger): () => void {
  return keepLooking(clock, {
    onDoubt: (doubt) => logger.error({ event: 'clock.jumped', doubt }, clockSentence(doubt)),
    onBelieved: () => logger.info({ event: 'clock.believed' }, 'the clock is believed again'),
    onFault: (error) =>
      logger.error({ event: 'clock.failed', err: error }, 'the look at the clock failed'),
  });
}

function assertReady(database: Database): void {
  if (!database.isReady) throw new EngineError('DATABASE_UNAVAILABLE', 'restarting');
}

function engineOf(
  {
    listener,
    privateListener,
    ...rest
  }: { listener: Listener; privateListener: Listener } & Pick<
    Engine,
    'database' | 'served' | 'care' | 'renewTokens' | 'renewOperatorTokens'
  >,
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
