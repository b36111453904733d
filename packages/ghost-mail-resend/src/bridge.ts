import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { type Clock, systemClock } from '@prosora/durable';
import { type Logger, listen, startPrivateListener } from '@prosora/service';
import { Resend } from 'resend';
import { createApp } from './app.ts';
import type { Site } from './authenticate.ts';
import { doChores } from './chores.ts';
import { createMailMetrics } from './metrics.ts';
import { ensureNote } from './notes.ts';
import { createPixelUrl } from './pixel.ts';
import { createResendClient } from './resend.ts';
import { startSending } from './sending.ts';
import { createSharedPace } from './shared-pace.ts';
import { startSmtp } from './smtp.ts';
import { type MailPlace, openMailStore } from './store.ts';
import { createWebhookSecrets } from './webhook-secrets.ts';

/** What a bridge is made of; `options.ts` says what each means. */
export interface MailBridgeOptions {
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
  /** How often the bridge looks after silence, doubt and age. (Default: 60,000) */
  choresEveryMs?: number;
  logger: Logger;
  /** (Default: the machine's) */
  clock?: Clock;
}

/** A running bridge. */
export interface MailBridge extends AsyncDisposable {
  /** For Ghost (`bulkEmail.mailgun.baseUrl`) and for the webhooks of Resend. */
  readonly url: string;
  /** Health and metrics. */
  readonly privateUrl: string;
  /** Of the SMTP listener, where there is one. */
  readonly smtpPort: number | undefined;
  /** Stops taking requests, lets calls to Resend end, closes the store. */
  stop(): Promise<void>;
}

/** A body of 1.4 MB over a slow line takes seconds; a sender who trickles is cut off. */
const TIMEOUTS = {
  requestTimeout: 60_000,
  headersTimeout: 15_000,
  connectionsCheckingInterval: 5_000,
  // Ghost keeps its connection, and would meet a closed one.
  keepAliveTimeout: 65_000,
};
/** A worker tries a store that fails again every second or two. */
const UNREADY_MS = 10_000;
/** Together below the 10 s that a container is given to stop. */
const REQUEST_GRACE_MS = 2_000;
const WORKER_GRACE_MS = 5_000;
const HOUR_MS = 60 * 60 * 1000;

/**
 * Starts the bridge.
 *
 * @throws ProsoraError `LISTEN_FAILED`, `STORE_UNAVAILABLE`, `STORE_MISUSED`; MailBridgeError `DATA_DIR`
 */
export async function startMailBridge(options: MailBridgeOptions): Promise<MailBridge> {
  const { logger, clock = systemClock, sites, silentHours = 6, keepDays = 90 } = options;
  const { resendApiKey: apiKey, resendBaseUrl: baseUrl, pixelOrigin } = options;
  await using cleanup = new AsyncDisposableStack();
  const opened = await openMailStore(options.place, clock);
  const { store, queues } = opened;
  cleanup.use(store);
  const metrics = createMailMetrics(opened);
  const pixelSecret = await ensureNote(store, 'pixel-secret', () =>
    randomBytes(24).toString('base64url'),
  );
  const admin = new Resend(apiKey, { baseUrl });
  const pace = createSharedPace(store, clock);
  let storeFailedAt = Number.NEGATIVE_INFINITY;

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
      resend: createResendClient({ apiKey, baseUrl }),
      pixelUrl: pixelOrigin === undefined ? undefined : createPixelUrl(pixelOrigin, pixelSecret),
      onVerdict: (verdict, mails) => metrics.mails.inc({ verdict }, mails),
    },
    onStoreFailed: () => {
      storeFailedAt = clock.now();
    },
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
      catchingUp: { store, queues, clock, resend: admin, publicUrl, turn },
      opened,
      clock,
      logger,
      reconciling,
      keptMs: keepDays * 24 * HOUR_MS,
      everyMs: options.choresEveryMs ?? 60_000,
    },
    stopping.signal,
  );
  cleanup.defer(async () => {
    stopping.abort();
    await chores;
  });

  const server = createServer(
    TIMEOUTS,
    createApp({
      ...options,
      store,
      clock,
      metrics,
      queues,
      pixelSecret,
      botOpens: options.botOpens ?? 'mark',
      secrets: createWebhookSecrets(store, options.webhookSecrets, clock.now),
      suppression: { store, clock, queue: opened.suppressions },
    }),
  );
  const publicListener = await listen(server, options);
  cleanup.defer(() => publicListener.close(REQUEST_GRACE_MS));
  const { smtpPort: port, smtpHost: host = '127.0.0.1' } = options;
  const smtp =
    port === undefined
      ? undefined
      : await startSmtp({ host, port, sites, store, queues, clock, metrics, logger });
  if (smtp !== undefined) cleanup.defer(() => smtp.close());
  const privateListener = await startPrivateListener({
    host: options.privateHost,
    port: options.privatePort,
    metrics: metrics.registry,
    checks: {
      store: async () => void (await queues.chunks.oldestPending()),
      sending: () => {
        if (clock.now() - storeFailedAt > UNREADY_MS) return;
        throw new Error('the store refused a change a moment ago; the log says why');
      },
    },
  });
  cleanup.defer(() => privateListener.close(0));
  const { url } = publicListener;
  logger.info({ url, privateUrl: privateListener.url, smtpPort: smtp?.port }, 'ready');
  const resources = cleanup.move();
  const stop = () => resources.disposeAsync();
  return {
    url,
    privateUrl: privateListener.url,
    smtpPort: smtp?.port,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
