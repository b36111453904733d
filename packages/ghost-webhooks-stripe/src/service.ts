import { createServer } from 'node:http';
import { join } from 'node:path';
import { createWorker } from '@prosora/durable';
import { type Logger, listen, type OptionValues, startPrivateListener } from '@prosora/service';
import { createApp } from './app.ts';
import { createDeliver } from './deliver.ts';
import { logBreaker, logDelivery } from './delivery-log.ts';
import { createGhost } from './ghost.ts';
import { createGhostBreaker } from './ghost-breaker.ts';
import { openInbox } from './inbox.ts';
import { createInboxMetrics } from './inbox-metrics.ts';
import type { stripeOptions } from './options.ts';

/** The inbox as it runs. */
export interface StripeService extends AsyncDisposable {
  /** Where webhooks are taken, as an origin. */
  url: string;
  /** Where health and metrics are. */
  privateUrl: string;
  /** Takes no more events, lets the delivery under way finish, closes the inbox. */
  stop(): Promise<void>;
}

/** The name of the inbox in its folder. */
export const INBOX_FILE = 'inbox.db';

/** What requests and the delivery under way get to finish. */
const STOP_MS = 7_000;

/**
 * Runs the inbox: the public listener, the private one and the deliveries to Ghost.
 *
 * @throws ProsoraError `LISTEN_FAILED`, `STORE_UNAVAILABLE`, `STORE_MISUSED`
 */
export async function startStripeService(
  values: OptionValues<typeof stripeOptions>,
  logger: Logger,
): Promise<StripeService> {
  await using started = new AsyncDisposableStack();
  const file = join(values.dataDir, INBOX_FILE);
  const inbox = started.use(await openInbox({ file, livemode: values.livemode }));
  const metrics = createInboxMetrics(inbox);
  const breaker = createGhostBreaker({
    onChange(state) {
      metrics.breaker(state);
      logBreaker(logger, state);
    },
  });
  const deliver = createDeliver({
    ghost: createGhost({
      url: values.ghostUrl,
      secrets: values.ghostSecrets,
      timeoutMs: values.ghostTimeoutMs,
    }),
    findEvent: inbox.find,
    attemptsOf: inbox.deliveries.attempts,
    ambiguous: values.ambiguous,
    onAnswer(answer) {
      breaker.hear(answer);
      metrics.answered(answer);
    },
  });
  const worker = createWorker({
    queue: inbox.deliveries,
    handle: deliver,
    leaseMs: values.leaseMs,
    breaker,
    onEvent(event) {
      if (event.type === 'settled') metrics.settled(event.settlement, event.tookMs);
      logDelivery(logger, event);
    },
  });
  started.use(worker);
  const health = await startPrivateListener({
    host: values.privateHost,
    port: values.privatePort,
    metrics: metrics.registry,
    checks: { inbox: inbox.check },
  });
  started.use(health);
  const app = createApp({ ...values, inbox, metrics, logger });
  const server = createServer({ requestTimeout: 30_000 }, app);
  const listener = started.use(await listen(server, values));

  const running = started.move();
  const stop = async (): Promise<void> => {
    // Both at once: together they have to end within the ten seconds that a container grants.
    await Promise.all([listener.close(STOP_MS), worker.stop(STOP_MS)]);
    await running.disposeAsync();
  };
  return { url: listener.url, privateUrl: health.url, stop, [Symbol.asyncDispose]: stop };
}
