import { statfsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type Clock, createWorker, systemClock, type Worker } from '@prosora/durable';
import {
  createLocalOperator,
  every,
  keepLooking,
  type Logger,
  listen,
  numbersOf,
  type OptionValues,
  openOperatorTokens,
  serveOperations,
  startPrivateListener,
  trustClock,
} from '@prosora/service';
import { openSecrets } from './account/open-secrets.ts';
import { openStripeAccount } from './account/stripe.ts';
import { createApp } from './app.ts';
import { createDeliver } from './deliver/deliver.ts';
import { logBreaker, logDelivery } from './deliver/delivery-log.ts';
import { createGhost } from './deliver/ghost.ts';
import { createGhostAdmin } from './deliver/ghost-admin.ts';
import { createGhostBreaker } from './deliver/ghost-breaker.ts';
import { createPace } from './deliver/pace.ts';
import { breakerInTurn, takeTurns } from './deliver/turn.ts';
import { adviceOn, clockRecordOf, openInboxClock, steadyClock } from './inbox/clock.ts';
import type { Inbox } from './inbox/inbox.ts';
import { openInbox } from './inbox/open-inbox.ts';
import { INBOX_FILE, newestEventAt } from './inbox/store.ts';
import { createInboxMetrics } from './metrics.ts';
import { examine } from './operate/examine.ts';
import { createHandlers } from './operate/handlers.ts';
import { operations } from './operate/operations.ts';
import type { stripeOptions } from './options.ts';
import { createPageGuard } from './page/page-guard.ts';
import { createPageRoutes } from './page/page-routes.ts';
import { type OpenSink, openSinks } from './sinks/sinks.ts';

/** The inbox as it runs. */
export interface StripeService extends AsyncDisposable {
  /** Where webhooks are taken, as an origin. */
  url: string;
  /** Where health, metrics, the page and the operator API are. */
  privateUrl: string;
  /** Takes no more events, lets the delivery under way finish, closes the inbox. */
  stop(): Promise<void>;
}

/** What requests and the delivery under way get to finish. */
const STOP_MS = 7_000;
const PURGE_EVERY_MS = 3_600_000;
const RELOAD_EVERY_MS = 1_000;
const DAY_MS = 86_400_000;

/**
 * Runs the inbox: the public listener, the private one, the deliveries to Ghost and to the sinks.
 *
 * @throws ProsoraError `LISTEN_FAILED`, `STORE_MISSING`, `STORE_UNAVAILABLE`, `STORE_MISUSED`, `HANDLERS`,
 * `GHOST_DATABASE`, `SECRETS_INVALID`, `PAGE_PASSWORD`, `OPERATOR_TOKENS`
 */
export async function startStripeService(
  values: OptionValues<typeof stripeOptions>,
  logger: Logger,
): Promise<StripeService> {
  await using started = new AsyncDisposableStack();
  const pageGuard = createPageGuard({ host: values.privateHost, password: values.pagePassword });
  const sinks = await openSinks(values);
  const file = join(values.dataDir, INBOX_FILE);
  const mustExist = values.newStore === 'no';
  const place = { file, mysql: values.databaseUrl, mustExist };
  const onFault = (error: unknown) =>
    logger.error({ event: 'clock.not-kept', err: error }, 'what the clock showed cannot be kept');
  const guard = await openInboxClock({
    ...values,
    newestEventAt: () => newestEventAt(place),
    onFault,
  });
  const clock = steadyClock(guard);
  // Before all that writes: where its disk is not mounted, nothing else may be left behind either.
  const inbox = started.use(await openInbox({ ...values, ...place, sinks, clock }));
  const tokens = openOperatorTokens(values);
  const secrets = await openSecrets(values, guard.now);
  const metrics = createInboxMetrics(inbox, { now: clock.now, doubt: guard.doubt });
  const breaker = createGhostBreaker({
    clock,
    onChange(state) {
      metrics.breaker(state);
      logBreaker(logger, state);
    },
  });
  const ghost = createGhost({
    url: values.ghostUrl,
    secrets: secrets.ghost,
    timeoutMs: values.ghostTimeoutMs,
  });
  const admin = values.ghostAdminKey
    ? createGhostAdmin({ url: values.ghostUrl, key: values.ghostAdminKey, now: clock.now })
    : undefined;
  const deliver = createDeliver({
    ghost,
    findEvent: inbox.find,
    attemptsOf: inbox.deliveries.attempts,
    countAlike: inbox.countAlike,
    ambiguous: values.ambiguous,
    ghostTimeoutMs: values.ghostTimeoutMs,
    admin,
    now: clock.now,
    pace: createPace(systemClock),
    isWell: () => breaker.state === 'closed',
    onAnswer(answer) {
      breaker.hear(answer);
      metrics.answered(answer);
    },
    // Ghost may have made a new endpoint when it started.
    renewSecret: () =>
      secrets.askGhost().catch((error: unknown) => {
        logger.error({ event: 'secret.unknown', err: error }, 'Ghost told no secret');
        return false;
      }),
  });
  const onTaskFailed = (error: unknown) =>
    logger.error({ event: 'task.failed', err: error }, 'a periodic task failed');
  // One process alone is always in turn.
  const turn = values.databaseUrl
    ? started.use(await takeTurns(inbox, values.leaseMs, onTaskFailed))
    : { isMine: () => true };
  const worker = createWorker({
    queue: inbox.deliveries,
    handle: deliver,
    leaseMs: values.leaseMs,
    clock,
    breaker: breakerInTurn(breaker, turn),
    onEvent(event) {
      if (event.type === 'settled') metrics.settled(event.settlement, event.tookMs);
      logDelivery(logger, event);
    },
  });
  started.use(worker);
  const workers = [
    worker,
    ...sinks.map((sink) => started.use(startSink(sink, { inbox, clock, logger }))),
  ];
  const account = () => openStripeAccount({ key: values.stripeKey, url: values.stripeApi });
  const checks = { inbox: inbox.check, disk: () => assertSpace(values.dataDir) };
  const handlers = createHandlers({
    numbers: () => numbersOf(metrics.registry, checks),
    use: (work) => work(inbox, guard),
    account,
    admin: () => admin,
    examine: () =>
      examine({
        ...values,
        ghost,
        admin,
        openInbox: async () => ({ ...inbox, [Symbol.asyncDispose]: async () => {} }),
        doubtOfClock: async () => guard.doubt(),
        account: values.stripeKey === undefined ? undefined : account(),
        stripeSecrets: secrets.stripe(),
      }),
    async trustClock() {
      guard.trust();
      // Another inbox on this machine and folder has a guard of its own.
      await trustClock(clockRecordOf(values));
      return true;
    },
  });
  // Without its key, or with one that Stripe refuses, the account cannot be asked until the operator sets another.
  const refusals = ['STRIPE_KEY'];
  const operator = serveOperations({ operations, handlers, tokens, logger, refusals });
  const page = createPageRoutes({
    operator: createLocalOperator(operations, handlers),
    guard: pageGuard,
    isBreakerOpen: () => breaker.state !== 'closed',
    showPayloads: values.showPayloads,
    logger,
  });
  const health = await startPrivateListener({
    host: values.privateHost,
    port: values.privatePort,
    metrics: metrics.registry,
    checks,
    onError: (error) =>
      logger.error(
        { event: 'private.failed', err: error },
        'a request to the private address failed',
      ),
    routes: async (...request) => (await operator(...request)) || (await page(...request)),
  });
  started.use(health);
  started.defer(
    keepLooking(guard, {
      onDoubt: (doubt) => logger.error({ event: 'clock.jumped', doubt }, adviceOn(doubt)),
      onBelieved: () => logger.info({ event: 'clock.believed' }, 'the clock is believed again'),
      onFault,
    }),
  );
  started.use(every(RELOAD_EVERY_MS, async () => secrets.reload(), onTaskFailed));
  started.use(
    every(
      PURGE_EVERY_MS,
      async () => {
        // What is old whatever the time is.
        const purged = await inbox.purge(
          new Date(guard.earliest() - values.retentionDays * DAY_MS),
        );
        if (purged > 0) logger.info({ event: 'events.purged', purged }, 'old events were deleted');
      },
      onTaskFailed,
    ),
  );
  const app = createApp({ ...values, secrets, inbox, metrics, logger, clock: guard });
  const server = createServer({ requestTimeout: 30_000 }, app);
  const listener = started.use(await listen(server, values));

  const running = started.move();
  const stop = async (): Promise<void> => {
    // All at once: together they have to end within the ten seconds that a container grants.
    await Promise.all([
      listener.close(STOP_MS),
      ...workers.map((one: Worker) => one.stop(STOP_MS)),
    ]);
    await running.disposeAsync();
  };
  return { url: listener.url, privateUrl: health.url, stop, [Symbol.asyncDispose]: stop };
}

/** An event, its plan and the log of the database need less. */
const LEAST_FREE_BYTES = 1_048_576;

function assertSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < LEAST_FREE_BYTES) throw new Error(`only ${free} bytes are free in ${folder}`);
}

/** Starts the worker of one sink; its failures are its own, so Ghost does not wait for them. */
function startSink(
  sink: OpenSink,
  { inbox, clock, logger }: { inbox: Inbox; clock: Clock; logger: Logger },
): Worker {
  return createWorker({
    queue: inbox.queueOf(sink.queue),
    clock,
    handle: sink.handler(inbox),
    onEvent: (event) => logDelivery(logger.child({ sink: sink.queue }), event),
  });
}
