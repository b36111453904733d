import { createServer } from 'node:http';
import {
  type Clock,
  createWorker,
  systemClock,
  type Worker,
  type WorkerEvent,
} from '@prosora/durable';
import { type Logger, listen, startPrivateListener } from '@prosora/service';
import { Resend } from 'resend';
import { createApp } from './app.ts';
import type { Site } from './authenticate.ts';
import { createMailMetrics } from './metrics.ts';
import { createPace } from './pace.ts';
import { createResendClient } from './resend.ts';
import type { MailTables } from './schema.ts';
import { sendChunk } from './send.ts';
import { openMailStore } from './store.ts';
import { unsuppress } from './suppression.ts';

/** What a bridge is made of; `options.ts` says what each means. */
export interface MailBridgeOptions {
  sites: readonly Site[];
  resendApiKey: string;
  resendBaseUrl: string;
  webhookSecrets: readonly string[];
  dataDir: string;
  host: string;
  port: number;
  privateHost: string;
  privatePort: number;
  maxMessageBytes: number;
  concurrency: number;
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
  /** Stops taking requests, lets calls to Resend end, closes the file. */
  stop(): Promise<void>;
}

/** A body of 1.4 MB over a slow line takes seconds; a sender who trickles is cut off. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Renewed while a call runs, however long; after a crash chunks wait this long to be sent again. */
const LEASE_MS = 10_000;
/** A worker tries a store that fails again every second or two. */
const UNREADY_MS = 10_000;
/** Together below the 10 s that a container is given to stop. */
const REQUEST_GRACE_MS = 2_000;
const WORKER_GRACE_MS = 5_000;

/**
 * Starts the bridge.
 *
 * @throws ProsoraError `LISTEN_FAILED`, `STORE_UNAVAILABLE`, `STORE_MISUSED`; MailBridgeError `DATA_DIR`
 */
export async function startMailBridge(options: MailBridgeOptions): Promise<MailBridge> {
  const { logger, clock = systemClock } = options;
  await using cleanup = new AsyncDisposableStack();
  const { store, chunks, suppressions } = await openMailStore(options.dataDir, clock);
  cleanup.use(store);
  const metrics = createMailMetrics(chunks);
  let storeFailedAt = Number.NEGATIVE_INFINITY;

  const workers = startWorkers();
  cleanup.defer(async () => {
    await Promise.all(workers.map((worker) => worker.stop(WORKER_GRACE_MS)));
  });
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS },
    createApp({
      ...options,
      store,
      clock,
      metrics,
      queue: chunks,
      secrets: options.webhookSecrets,
      suppression: { store, clock, queue: suppressions },
    }),
  );
  const publicListener = await listen(server, options);
  cleanup.defer(() => publicListener.close(REQUEST_GRACE_MS));
  const privateListener = await startPrivateListener({
    host: options.privateHost,
    port: options.privatePort,
    metrics: metrics.registry,
    checks: {
      store: async () => void (await chunks.oldestPending()),
      sending: () => {
        if (clock.now() - storeFailedAt > UNREADY_MS) return;
        throw new Error('the store refused a change a moment ago; the log says why');
      },
    },
  });
  cleanup.defer(() => privateListener.close(0));
  logger.info({ url: publicListener.url, private: privateListener.url }, 'bridge.started');
  const resources = cleanup.move();
  const stop = () => resources.disposeAsync();
  return {
    url: publicListener.url,
    privateUrl: privateListener.url,
    stop,
    [Symbol.asyncDispose]: stop,
  };

  function startWorkers(): Worker[] {
    const { resendApiKey: apiKey, resendBaseUrl: baseUrl } = options;
    const sending = {
      store,
      clock,
      queue: chunks,
      resend: createResendClient({ apiKey, baseUrl }),
      pace: createPace(clock),
      onVerdict: (verdict: string, mails: number) => metrics.mails.inc({ verdict }, mails),
    };
    const admin = new Resend(apiKey, { baseUrl });
    const log = logWorker(logger);
    const onEvent = (event: WorkerEvent): void => {
      if (event.type === 'store-failed') storeFailedAt = clock.now();
      log(event);
    };
    const shared = { clock, leaseMs: LEASE_MS, onEvent };
    return [
      createWorker<MailTables>({
        ...shared,
        queue: chunks,
        concurrency: options.concurrency,
        handle: (job, signal) => sendChunk(sending, job, signal),
      }),
      createWorker<MailTables>({
        ...shared,
        queue: suppressions,
        handle: (job, signal) => unsuppress(admin, job, signal),
      }),
    ];
  }
}

function logWorker(logger: Logger): (event: WorkerEvent) => void {
  return (event) => {
    if (event.type === 'store-failed') logger.error({ err: event.error }, 'store.failed');
    if (event.type !== 'settled') return;
    const { job, settlement, tookMs } = event;
    const fields = { job: job.id, attempt: job.attempt, outcome: settlement.kind, tookMs };
    if (settlement.kind === 'done') logger.info(fields, 'chunk.settled');
    else logger.warn({ ...fields, reason: settlement.reason }, 'chunk.settled');
  };
}
