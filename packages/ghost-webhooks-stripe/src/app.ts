import type { Logger } from '@prosora/service';
import express, { type Express } from 'express';
import { createStripeWebhook } from './express.ts';
import { type Inbox, type RecordOutcome, secretIdOf } from './inbox.ts';
import type { InboxMetrics } from './inbox-metrics.ts';
import type { ReceivedEvent, Refusal } from './receive.ts';

/** What the public side needs. */
export interface AppOptions {
  /** Where webhooks are taken, with or without a slash at its end. */
  path: string;
  /** The endpoint's signing secrets. */
  secrets: readonly string[];
  maxBodyBytes: number;
  inbox: Inbox;
  metrics: InboxMetrics;
  logger: Logger;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** Creates the public side: one route that records what Stripe signed, and 404 for all else. */
export function createApp(options: AppOptions): Express {
  const { path, secrets, maxBodyBytes, inbox, metrics, logger, now = Date.now } = options;

  const record = async (received: ReceivedEvent): Promise<void> => {
    const secretId = secretIdOf(secrets[received.secretIndex] ?? '');
    const result = await inbox.record(received, secretId);
    metrics.recorded(result, secretId, now() / 1000 - received.timestamp);
    logRecorded(logger, received, result);
  };
  const onRefusal = (refusal: Refusal, cause?: unknown): void => {
    metrics.refused(refusal);
    const isOurs = refusal === 'record_failed' || refusal === 'body_consumed';
    logger[isOurs ? 'error' : 'warn']({ refusal, ...(isOurs && { err: cause }) }, 'refused');
  };

  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(path, (_request, response, next) => {
    response.once('finish', metrics.timeRequest());
    next();
  });
  app.all(path, createStripeWebhook({ secrets, maxBodyBytes, record, onRefusal, now }));
  return app;
}

function logRecorded(logger: Logger, { event }: ReceivedEvent, result: RecordOutcome): void {
  const { id, type, api_version, livemode } = event;
  const line = { event: id, type, ...result };
  if ('held' in result) {
    logger.error({ ...line, api_version, livemode }, 'event held: it does not go to Ghost');
  } else if (result.outcome === 'conflict') {
    logger.error(line, 'event came again with other bytes: the first are kept');
  } else {
    logger.info(line, 'event acknowledged');
  }
}
