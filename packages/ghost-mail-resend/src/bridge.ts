import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Clock } from '@prosora/durable';
import {
  type Logger,
  listen,
  type MachineClocks,
  numbersOf,
  type OperatorTokensOptions,
  openOperatorTokens,
  serveOperations,
  startPrivateListener,
  tryOperatorTokens,
} from '@prosora/service';
import { Resend } from 'resend';
import type { Site } from './accept/authenticate.ts';
import { startSmtp } from './accept/smtp.ts';
import { createApp } from './app.ts';
import { doChores } from './operate/chores.ts';
import { createHandlers } from './operate/handlers.ts';
import { createMailMetrics } from './operate/metrics.ts';
import { mailOperations as operations } from './operate/operations.ts';
import { createPixelUrl } from './report/pixel.ts';
import { createWebhookSecrets } from './report/webhook-secrets.ts';
import { createResendClient } from './send/resend.ts';
import { startSending } from './send/sending.ts';
import { createSharedPace } from './send/shared-pace.ts';
import { ensureNote } from './store/notes.ts';
import { type MailPlace, openMailStore } from './store/store.ts';
import { watchClock } from './store/watch-clock.ts';
import { watchWrites } from './store/write-fate.ts';

/** What a bridge is made of; `options.ts` says what each means. */
export interface MailBridgeOptions extends OperatorTokensOptions {
  sites: readonly Site[];
  resendApiKey: string;
  resendBaseUrl: string;
  webhookSecrets: readonly string[];
  place: MailPlace;
  host: string;
  port: number;
  privateHost: string;
  privatePort: number;
  smtpHost?: string;
  /** None without. */
  smtpPort?: number | undefined;
  /** Where the public reaches the bridge. */
  publicUrl?: string | undefined;
  /** Origin of the own open pixel; none without. */
  pixelOrigin?: string | undefined;
  /** What becomes of opens by programs. (Default: `mark`) */
  botOpens?: 'mark' | 'drop';
  maxMessageBytes: number;
  concurrency: number;
  silentHours?: number;
  keepDays?: number;
  /** How often the bridge looks after silence, doubt, age and the clock. (Default: 60,000) */
  choresEveryMs?: number;
  logger: Logger;
  /** (Default: the machine's) */
  clock?: Clock;
  /** What the clock is held against. (Default: the machine's; with `clock` none) */
  clocks?: MachineClocks;
}

/** A running bridge. */
export interface MailBridge extends AsyncDisposable {
  /** For Ghost (`bulkEmail.mailgun.baseUrl`) and for the webhooks of Resend. */
  readonly url: string;
  /** Health, metrics and the operator API. */
  readonly privateUrl: string;
  /** Of the SMTP listener, where there is one. */
  readonly smtpPort: number | undefined;
  /** Believes these from now on, and no former one. @throws ProsoraError `OPERATOR_TOKENS` */
  renewOperatorTokens(renewed: OperatorTokensOptions): void;
  /** Stops taking requests, lets calls to Resend end, closes the store. */
  stop(): Promise<void>;
}

/** A body of 1.4 MB over a slow line takes seconds; a sender who trickles is cut off. */
const TIMEOUTS = {
  requestTimeout: 60_000,
  headersTimeout: 15_000,
  connectionsCheckingInterval: 5_000,
};
/** Together below the 10 s that a container is given to stop. */
const REQUEST_GRACE_MS = 2_000;
const WORKER_GRACE_MS = 5_000;
const HOUR_MS = 60 * 60 * 1000;

/**
 * Starts the bridge.
 *
 * @throws ProsoraError `LISTEN_FAILED`, `STORE_MISSING`, `STORE_UNAVAILABLE`, `STORE_MISUSED`; MailBridgeError `DATA_DIR`
 */
export async function startMailBridge(options: MailBridgeOptions): Promise<MailBridge> {
  const { logger, sites, silentHours = 6, keepDays = 90, choresEveryMs = 60_000 } = options;
  const { resendApiKey: apiKey, resendBaseUrl: baseUrl, pixelOrigin } = options;
  await using cleanup = new AsyncDisposableStack();
  const unwatched = await openMailStore(options.place, options.clock, options.clocks);
  cleanup.use(unwatched.store);
  const fate = watchWrites(unwatched.store, options.place);
  const opened = { ...unwatched, store: fate.store };
  const { store, queues, clock, guard } = opened;
  const metrics = createMailMetrics(opened);
  const pixelSecret = await ensureNote(store, 'pixel-secret', () =>
    randomBytes(24).toString('base64url'),
  );
  const admin = new Resend(apiKey, { baseUrl });
  const pace = createSharedPace(store, clock);
  const stopLooking = await watchClock(opened, metrics.registry, logger, choresEveryMs);
  cleanup.defer(stopLooking);

  const workers = startSending({
    ...options,
    opened,
    admin,
    clock,
    sending: {
      store,
      queues,
      pace,
      clock,
      latest: guard.latest,
      resend: createResendClient({ apiKey, baseUrl }),
      pixelUrl: pixelOrigin === undefined ? undefined : createPixelUrl(pixelOrigin, pixelSecret),
      onVerdict: (verdict, mails) => metrics.mails.inc({ verdict }, mails),
    },
    onStoreFailed: fate.failed,
  });
  cleanup.defer(async () => {
    await Promise.all(workers.map((worker) => worker.stop(WORKER_GRACE_MS)));
  });

  const stopping = new AbortController();
  const turn = async () => void (await pace.take({ isUrgent: false }, stopping.signal));
  const reconciling = { store, clock, resend: admin, turn, silentMs: silentHours * HOUR_MS };
  const { publicUrl } = options;
  const chores = doChores(
    {
      catchingUp: { store, queues, clock, guard, resend: admin, publicUrl, turn },
      opened,
      clock,
      logger,
      reconciling,
      keptMs: keepDays * 24 * HOUR_MS,
      everyMs: choresEveryMs,
    },
    stopping.signal,
  );
  cleanup.defer(async () => {
    stopping.abort();
    await chores;
  });

  const wallClock = options.clocks?.now;
  const server = createServer(
    TIMEOUTS,
    createApp({
      ...options,
      store,
      clock,
      guard,
      wallClock,
      fromWall: opened.fromWall,
      metrics,
      queues,
      pixelSecret,
      botOpens: options.botOpens ?? 'mark',
      secrets: createWebhookSecrets(store, options.webhookSecrets, clock.now),
      suppression: {
        store,
        clock,
        queue: opened.suppressions,
        sites: sites.map(({ name }) => name),
      },
    }),
  );
  const publicListener = await listen(server, options);
  cleanup.defer(() => publicListener.close(REQUEST_GRACE_MS));
  const { recipients } = metrics;
  const { smtpPort: port, smtpHost: host = '127.0.0.1' } = options;
  const smtp =
    port === undefined
      ? undefined
      : await startSmtp({ host, port, sites, store, queues, clock, recipients, logger });
  if (smtp !== undefined) cleanup.defer(() => smtp.close());
  const checks = {
    store: async () => void (await queues.chunks.oldestPending()),
    writing: fate.check,
  };
  const examined = {
    ...options,
    publicUrl,
    opened,
    pixel: pixelOrigin === undefined ? 'off' : 'on',
    smtpPort: smtp?.port,
    now: clock.now,
  } as const;
  const handlers = createHandlers(opened, examined, () => numbersOf(metrics.registry, checks));
  const tokens = tryOperatorTokens(options, logger);
  const privateListener = await startPrivateListener({
    host: options.privateHost,
    port: options.privatePort,
    metrics: metrics.registry,
    checks,
    ...(tokens && { routes: serveOperations({ operations, handlers, tokens, logger }) }),
    onError: (error) =>
      logger.error(
        { event: 'private.failed', err: error },
        'a request to the private address failed',
      ),
  });
  cleanup.defer(() => privateListener.close(0));
  const { url } = publicListener;
  logger.info(
    { event: 'service.ready', url, privateUrl: privateListener.url, smtpPort: smtp?.port },
    'ready',
  );
  const resources = cleanup.move();
  const stop = () => resources.disposeAsync();
  return {
    url,
    privateUrl: privateListener.url,
    smtpPort: smtp?.port,
    renewOperatorTokens: (renewed) => {
      if (tokens) Object.assign(tokens, openOperatorTokens(renewed));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
