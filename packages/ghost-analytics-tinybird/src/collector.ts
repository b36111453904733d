import { createServer } from 'node:http';
import {
  addClockMetrics,
  createTinybirdEvents,
  keepLooking,
  type Listener,
  type Logger,
  listen,
  openClockGuard,
  serveOperations,
  startPrivateListener,
  tryOperatorTokens,
} from '@prosora/service';
import proxyAddr from 'proxy-addr';
import { createApp } from './app.ts';
import { createPipes } from './charts/pipes.ts';
import { createCollectorMetrics } from './collector-metrics.ts';
import { createCountryOf } from './hit/country.ts';
import { createHitLimit } from './hit/hit-limit.ts';
import { remember } from './hit/remember.ts';
import { createSeen } from './hit/seen.ts';
import type { CollectorOptions } from './options.ts';
import { writeDeadLetter } from './send/dead-letters.ts';
import { takeFormerLetters } from './send/former-dead-letters.ts';
import { sendLeftLanes } from './send/left-lanes.ts';
import { createSender } from './send/sender.ts';
import { logOutcome, logSynced } from './send/sender-log.ts';
import { createSync } from './send/tinybird-sync.ts';
import { type Checkpoint, openCheckpoint } from './spool/checkpoint.ts';
import { type Lane, takeDataDir } from './spool/data-dir.ts';
import { orderOf } from './spool/segment.ts';
import { openSpool, type Spool } from './spool/spool.ts';
import { createHandlers } from './verbs/handlers.ts';
import { operations } from './verbs/operations.ts';
import { clientAddress } from './visitor/client-address.ts';
import { adviceOn, clockRecordOf } from './visitor/clock.ts';
import { openMidnightVisitors } from './visitor/midnight-visitors.ts';
import { openSalts, type Salts } from './visitor/salts.ts';
import { createVisitorId } from './visitor/visitor-id.ts';

/** The collector as it runs. */
export interface Collector extends AsyncDisposable {
  /** Where hits and charts are asked for, as an origin. */
  url: string;
  /** Where health and metrics are. */
  privateUrl: string;
  /** Takes no more hits, sends what is left if the upstream takes it, and lets go of the folder. */
  stop(): Promise<void>;
}

/** Together within the ten seconds that a container grants. */
const CLOSE_MS = 2_000;
const DRAIN_MS = 6_000;

/**
 * Runs the collector: the public listener, the private one and the sending.
 *
 * @throws ProsoraError `LISTEN_FAILED`, CollectorError `DATA_DIR_TAKEN`, `DATA_DIR_UNUSABLE`
 */
export async function startCollector(values: CollectorOptions, logger: Logger): Promise<Collector> {
  await using started = new AsyncDisposableStack();
  const files = started.use(takeDataDir(values.dataDir));
  const tokens = tryOperatorTokens(values, logger);
  await takeFormerLetters(values.dataDir, files.lane.dir).catch((error: unknown) => {
    const sentence = 'former dead letters stay where they are until the next start';
    logger.error({ event: 'letters.stay', err: error }, sentence);
  });
  const clock = await openClockGuard({
    record: clockRecordOf(values.dataDir, files.lane.dir, logger),
  });
  const checkpoint = started.use(openCheckpoint(files.lane.checkpoint));
  const spool = started.use(
    await openSpool({
      folder: files.lane.spool,
      maxBytes: values.maxSpoolBytes,
      lastOrder: orderOf(checkpoint.progress.segment),
      onFlush: (tookMs) => metrics.flushed(tookMs),
    }),
  );
  const metrics = createCollectorMetrics(spool, checkpoint);
  addClockMetrics(metrics.registry, clock);
  started.defer(
    keepLooking(clock, {
      onDoubt: (doubt) => logger.error({ event: 'clock.jumped' }, adviceOn(doubt).join(' ')),
      onBelieved: () => logger.warn({ event: 'clock.believed' }, 'the clock is believed again'),
      onFault: (error) =>
        logger.error({ event: 'clock.failed', err: error }, 'the clock could not be looked at'),
    }),
  );
  const salts = openSalts({
    file: files.salts,
    timeZone: values.timeZone,
    now: clock.now,
    onDamage: () =>
      logger.error(
        { event: 'salts.damaged' },
        'the salts were damaged: visitors of today count twice',
      ),
  });
  salts.ofNow();
  started.defer(keepForgetting(salts, logger));
  const countryOf = createCountryOf({
    header: values.countryHeader,
    databaseFile: values.countryDatabase,
  });
  const tinybirdFor = (datasource: string) =>
    createTinybirdEvents({
      url: values.upstreamUrl,
      token: values.trackerToken,
      datasource,
      timeoutMs: values.upstreamTimeoutMs,
    });
  const tinybird = tinybirdFor(values.datasource);
  const senderOf = (
    lane: Lane,
    kept: { spool: Spool; checkpoint: Checkpoint; endsWhenEmpty?: true },
  ) =>
    createSender({
      ...values,
      ...kept,
      tinybird,
      deadLettersFile: lane.deadLetters,
      onOutcome(outcome, batch) {
        metrics.sent(outcome, batch);
        logOutcome(logger, outcome, batch);
      },
      onFault: (error) => logger.error({ event: 'sending.failed', err: error }, 'sending failed'),
      onDamage: (segment, lines) =>
        logger.warn({ event: 'spool.damaged', segment, lines }, 'damaged lines were left out'),
    });
  const sender = senderOf(files.lane, { spool, checkpoint });
  const shown = {
    metrics: metrics.registry,
    checks: { spool: spool.check, salts: () => void salts.ofNow() },
  };
  const health = started.use(
    await startPrivateListener({
      ...shown,
      host: values.privateHost,
      port: values.privatePort,
      ...(tokens && {
        routes: serveOperations({
          operations,
          handlers: createHandlers(values, shown),
          tokens,
          logger,
        }),
      }),
      onError: (error) =>
        logger.error(
          { event: 'private.failed', err: error },
          'a request to the private address failed',
        ),
    }),
  );
  const isTrustedProxy = remember(trustOf(values));
  const app = createApp({
    ...values,
    spool,
    visitorId: createVisitorId(salts, openMidnightVisitors(files.midnightVisitors)),
    countryOf,
    isTrustedProxy,
    limit: createHitLimit(values.hitsPerMinute),
    once: createSeen({ now: clock.now }),
    now: Date.now,
    pipes: createPipes({
      upstreamUrl: values.upstreamUrl,
      timeoutMs: values.upstreamTimeoutMs,
      cacheMs: cacheMsOf(values),
      queriesPerDay: values.chartQueriesPerDay,
      clock,
      addressOf: (request) => clientAddress(request, isTrustedProxy),
      onAnswer: metrics.chart,
    }),
    sync:
      values.syncAuthKey === undefined
        ? undefined
        : createSync({
            keys: values.syncAuthKey,
            tinybirdFor,
            sites: values.sites,
            onTaken(datasource, rows) {
              metrics.synced(rows);
              logSynced(logger, datasource, rows);
            },
            onRefused({ row, ...letter }) {
              const { deadLetters } = files.lane;
              const rows: unknown[] = [JSON.parse(row)];
              writeDeadLetter(deadLetters, { at: new Date().toISOString(), rows, ...letter });
              metrics.synced({ accepted: 0, quarantined: 0, dead: 1 });
              logger.error(
                { event: 'sync.refused', ...letter },
                'a synchronised row was refused: it is a dead letter',
              );
            },
          }),
    metrics,
    logger,
  });
  const server = createServer({ requestTimeout: 30_000 }, app);
  const listener: Listener = started.use(await listen(server, values));
  sender.start();
  const leftLanes = sendLeftLanes({
    dir: values.dataDir,
    ownLaneDir: files.lane.dir,
    async open(lane) {
      logger.warn(
        { event: 'spool.taken-over', lane: lane.dir },
        'another collector left page hits here: they are sent',
      );
      const spool = await openSpool({ folder: lane.spool, maxBytes: 0 });
      const checkpoint = openCheckpoint(lane.checkpoint);
      const sender = senderOf(lane, { spool, checkpoint, endsWhenEmpty: true });
      return { sender, [Symbol.asyncDispose]: async () => checkpoint[Symbol.dispose]() };
    },
    onFault: (error) =>
      logger.error({ event: 'spool.left', err: error }, 'what is left could not be sent'),
  });

  const running = started.move();
  const stop = async (): Promise<void> => {
    await listener.close(CLOSE_MS);
    await spool.close();
    await Promise.all([sender.stop(DRAIN_MS), leftLanes.stop(DRAIN_MS)]);
    await running.disposeAsync();
  };
  return { url: listener.url, privateUrl: health.url, stop, [Symbol.asyncDispose]: stop };
}

/** Whether an address is one of the proxies whose headers are believed. */
function trustOf({ trustedProxies }: CollectorOptions): (address: string) => boolean {
  const isTrusted = proxyAddr.compile(trustedProxies);
  return (address) => isTrusted(address, 0);
}

/** Only Tinybird counts questions. */
function cacheMsOf({ upstreamUrl, chartCacheSeconds }: CollectorOptions): number {
  const isTinybird = new URL(upstreamUrl).hostname.endsWith('tinybird.co');
  return (chartCacheSeconds ?? (isTinybird ? 60 : 0)) * 1_000;
}

/** The previous salt goes when its time is over, also on a site that nobody visits meanwhile. */
function keepForgetting(salts: Salts, logger: Logger): () => void {
  const timer = setInterval(() => {
    try {
      salts.ofNow();
    } catch (error) {
      logger.error({ event: 'salts.not-changed', err: error }, 'the salts could not be changed');
    }
  }, 60_000).unref();
  return () => clearInterval(timer);
}
