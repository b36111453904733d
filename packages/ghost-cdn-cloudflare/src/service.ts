import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createWorker, type WorkerEvent } from '@prosora/durable';
import {
  every,
  type Logger,
  listen,
  numbersOf,
  type OptionValues,
  openOperatorTokens,
  serveOperations,
  startPrivateListener,
} from '@prosora/service';
import { createApp } from './app.ts';
import { openChanges } from './changes/changes.ts';
import { EVERYTHING } from './changes/paths.ts';
import { createCloudflare } from './cloudflare/api.ts';
import { createZoneFinder } from './cloudflare/zone.ts';
import { createCdnMetrics } from './metrics.ts';
import { createHandlers } from './operate/handlers.ts';
import { operations } from './operate/operations.ts';
import type { cdnOptions } from './options.ts';
import { createEdgeCache } from './purge/forget.ts';
import { createLimits, planOf } from './purge/limits.ts';
import { createPages } from './purge/pages.ts';
import { createPagesWatch } from './purge/pages-watch.ts';
import { createPurge } from './purge/purge.ts';
import { examine } from './zone/examine.ts';

/** The service as it runs. */
export interface CdnService extends AsyncDisposable {
  /** Where webhooks are taken, as an origin. */
  url: string;
  /** Where health, metrics and the operator API are. */
  privateUrl: string;
  /** Takes no more webhooks, lets the purge under way finish, closes the store. */
  stop(): Promise<void>;
}

/** A wall clock that is set must not stop the calls. */
const steadyNow = () => performance.now();
/** What requests and the purge under way get to finish. */
const STOP_MS = 7_000;
/** How long a purge waits that was under way when this process was killed. */
const LEASE_MS = 5_000;
const HOUR_MS = 3_600_000;
/** A webhook is known again for five minutes at least; people ask for longer. */
const KEPT_MS = 7 * 24 * HOUR_MS;

/**
 * Runs the service: the public listener, the private one, the look at `pages` and the purges.
 *
 * @throws ProsoraError `LISTEN_FAILED`, `STORE_MISSING`, `STORE_UNAVAILABLE`, `STORE_MISUSED`, `OPERATOR_TOKENS`
 */
export async function startCdnService(
  values: OptionValues<typeof cdnOptions>,
  logger: Logger,
): Promise<CdnService> {
  await using started = new AsyncDisposableStack();
  const changes = started.use(await openChanges(values));
  const tokens = openOperatorTokens(values);
  const metrics = createCdnMetrics(changes);
  const cloudflare = createCloudflare(values);
  const zone = createZoneFinder(cloudflare, new URL(values.siteUrl).hostname, values.zoneId);
  let limits = createLimits(values.plan ?? 'free', steadyNow);
  if (values.plan === undefined) {
    void zone().then(
      (found) => {
        limits = createLimits(planOf(found.plan?.legacy_id), steadyNow);
      },
      (error: Error) =>
        logger.warn(
          { event: 'zone.unknown', reason: error.message },
          'the zone cannot be read now: calls are as few as on the free plan',
        ),
    );
  }
  const edge = createEdgeCache(cloudflare, async () => values.zoneId ?? (await zone()).id);
  const { pagesUrl, pagesToken = '' } = values;
  const pages = pagesUrl
    ? createPagesWatch(createPages({ url: pagesUrl, token: pagesToken }), changes)
    : undefined;
  const worker = createWorker({
    queue: changes.purges,
    leaseMs: LEASE_MS,
    handle: createPurge({
      changes,
      edge,
      limits: () => limits,
      site: values,
      pages,
      now: Date.now,
      onAnswer: metrics.answered,
      onPurged(purged) {
        metrics.purged(purged);
        const { count, paths } = purged;
        const shown = paths === EVERYTHING ? paths : paths.length;
        logger.info(
          { event: 'site.purged', changes: count, paths: shown, manner: edge.manner },
          'what changed is purged everywhere',
        );
      },
    }),
    onEvent: (event) => logPurge(logger, event),
  });
  started.use(worker);

  if (pages === undefined) {
    // Nobody knows what changed while this was away.
    await changes.record({ id: `start:${randomUUID()}`, source: 'start', paths: EVERYTHING });
  } else {
    let isHeard = true;
    const looking = every(
      values.pagesEveryMs,
      async () => {
        await pages.look();
        isHeard = true;
      },
      (err) => {
        if (isHeard)
          logger.warn({ event: 'pages.unheard', err }, 'what pages saw is not written down yet');
        isHeard = false;
      },
    );
    started.use(looking);
  }
  started.use(
    every(
      HOUR_MS,
      () => changes.forget(new Date(Date.now() - KEPT_MS)),
      (error) => logger.error({ event: 'changes.not-forgotten', err: error }, 'old changes stay'),
    ),
  );

  const checks = { store: changes.check };
  const handlers = createHandlers({
    use: (work) => work(changes),
    manner: () => edge.manner,
    numbers: () => numbersOf(metrics.registry, checks),
    examine: () => examine({ ...values, cloudflare, zone, changes }),
  });
  const health = await startPrivateListener({
    host: values.privateHost,
    port: values.privatePort,
    metrics: metrics.registry,
    checks,
    routes: serveOperations({ operations, handlers, tokens, logger }),
    onError: (error) =>
      logger.error(
        { event: 'private.failed', err: error },
        'a request to the private address failed',
      ),
  });
  started.use(health);
  const app = createApp({ ...values, changes, metrics, logger });
  const server = createServer({ requestTimeout: 30_000 }, app);
  const listener = started.use(await listen(server, values));

  const running = started.move();
  const stop = async (): Promise<void> => {
    await Promise.all([listener.close(STOP_MS), worker.stop(STOP_MS)]);
    await running.disposeAsync();
  };
  return { url: listener.url, privateUrl: health.url, stop, [Symbol.asyncDispose]: stop };
}

/** How grave it is that an attempt ended so. */
const LEVELS = {
  done: 'debug',
  park: 'info',
  retry: 'warn',
  dead: 'error',
  ambiguous: 'error',
} as const;

function logPurge(logger: Logger, event: WorkerEvent): void {
  switch (event.type) {
    case 'settled': {
      const { job, settlement, tookMs } = event;
      const line = { id: job.id, attempt: job.attempt, tookMs, ...settlement };
      logger[LEVELS[settlement.kind]]({ event: 'purge.ended', ...line }, 'a purge ended');
      break;
    }
    case 'lease-lost':
      logger.warn({ event: 'purge.taken-over', id: event.job.id }, 'a purge began anew elsewhere');
      break;
    case 'store-failed':
      logger.error({ event: 'store.failed', err: event.error }, 'the store cannot be used now');
      break;
  }
}
