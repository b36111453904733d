import type { IncomingMessage, RequestListener } from 'node:http';
import type { ClockGuard, Logger } from '@prosora/service';
import type { Secrets } from './account/secrets.ts';
import { hearWitness } from './inbox/clock.ts';
import type { Inbox, RecordOutcome } from './inbox/inbox.ts';
import type { InboxMetrics } from './metrics.ts';
import { createStripeWebhook } from './webhook/node.ts';
import type { ReceivedEvent, Refusal } from './webhook/receive.ts';

/** What the public side needs. */
export interface AppOptions {
  /** Where webhooks are taken, with or without a slash at its end. */
  path: string;
  secrets: Secrets;
  maxBodyBytes: number;
  inbox: Inbox;
  metrics: InboxMetrics;
  logger: Logger;
  clock: Pick<ClockGuard, 'now' | 'doubt' | 'trust'>;
  /** The wall clock, in milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** Refusals that are ours to repair; the others are the sender's. */
const OURS = new Set<Refusal>(['record_failed', 'body_consumed', 'inbox_full']);
/**
 * The type of an event by which whoever watches the inbox tries the way to it out. It is signed by us and not by Stripe, so
 * it is kept nowhere, and no clock is right for it.
 */
const PROBE = 'prosora.probe';

/** Creates the public side: one route that records what Stripe signed, and 404 for all else. */
export function createApp(options: AppOptions): RequestListener {
  const { path, secrets, maxBodyBytes, inbox, metrics, logger, clock, now = Date.now } = options;

  const record = async (received: ReceivedEvent): Promise<void> => {
    if (received.event.type === PROBE) return;
    const result = await inbox.record(received);
    metrics.recorded(result, received.secretId, now() / 1000 - received.timestamp);
    // One that is known may have been kept by somebody and be sent again at any time.
    if (result.outcome === 'recorded') hearWitness(clock, received.timestamp, now());
    logRecorded(logger, received, result);
  };
  const onRefusal = (refusal: Refusal, cause?: unknown): void => {
    metrics.refused(refusal);
    const isOurs = OURS.has(refusal);
    logger[isOurs ? 'error' : 'warn'](
      { event: 'webhook.refused', refusal, ...(isOurs && { err: cause }) },
      'a webhook was refused',
    );
  };
  const webhook = createStripeWebhook({
    secrets: secrets.stripe,
    onNoMatch: secrets.askGhost,
    maxBodyBytes,
    record,
    onRefusal,
    now,
    steadyNow: clock.now,
    remoteAddressOf: senderOf,
  });

  const wanted = withoutSlash(path);
  return async (request, response) => {
    const [asked = ''] = (request.url ?? '').split('?');
    if (withoutSlash(asked) !== wanted) return void response.writeHead(404).end();
    response.once('finish', metrics.timeRequest());
    await webhook(request, response);
  };
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}

/** The edge writes `X-Forwarded-For` anew; its last entry is whom the edge spoke with. For the record only. */
function senderOf({ headers, socket }: IncomingMessage): string | undefined {
  const forwarded = headers['x-forwarded-for'];
  const last = String(forwarded ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return last || socket.remoteAddress;
}

function logRecorded(logger: Logger, { event }: ReceivedEvent, result: RecordOutcome): void {
  const { id, type, api_version, livemode } = event;
  const line = { id, type, ...result };
  if ('held' in result) {
    logger.error(
      { event: 'webhook.held', ...line, api_version, livemode },
      'an event is held: it does not go to Ghost',
    );
  } else if (result.outcome === 'conflict') {
    logger.error(
      { event: 'webhook.conflict', ...line },
      'an event came again with other bytes: the first are kept',
    );
  } else {
    logger.info({ event: 'webhook.taken', ...line }, 'an event was acknowledged');
  }
}
