import { type Clock, createWorker, type Worker, type WorkerEvent } from '@prosora/durable';
import type { Logger } from '@prosora/service';
import type { Resend } from 'resend';
import type { MailTables } from '../store/schema.ts';
import type { OpenedMailStore } from '../store/store.ts';
import { sendChunk } from './send.ts';
import type { SendContext } from './send-context.ts';
import { createUnsuppressor, MAX_ADDRESSES } from './unsuppress.ts';
import { withoutAddresses } from './without-addresses.ts';

/** What the workers need. */
export interface SendingOptions {
  opened: OpenedMailStore;
  sending: SendContext;
  admin: Resend;
  clock: Clock;
  /** Calls with newsletters at a time. */
  concurrency: number;
  logger: Logger;
  onStoreFailed: () => void;
}

/** Renewed while a call runs, however long; after a crash chunks wait this long to be sent again. */
const LEASE_MS = 10_000;
/** Sign-in mails have workers of their own: those of a newsletter may all be waiting for their turn. */
const URGENT_CALLS = 4;

/** Starts what takes chunks and suppressions to Resend. */
export function startSending(options: SendingOptions): Worker[] {
  const { opened, sending, admin, clock, concurrency, logger, onStoreFailed } = options;
  const log = logWorker(logger);
  const onEvent = (event: WorkerEvent): void => {
    if (event.type === 'store-failed') onStoreFailed();
    log(event);
  };
  const shared = { clock, leaseMs: LEASE_MS, onEvent };
  const { urgent, chunks } = opened.queues;
  const senders = [
    { queue: urgent, concurrency: URGENT_CALLS, pollMs: 250 },
    { queue: chunks, concurrency },
  ].map((sender) =>
    createWorker<MailTables>({
      ...shared,
      ...sender,
      handle: (job, signal) => sendChunk(sending, job, signal),
    }),
  );
  const suppressing = createWorker<MailTables>({
    ...shared,
    queue: opened.suppressions,
    concurrency: MAX_ADDRESSES,
    handle: createUnsuppressor(admin, clock),
  });
  return [...senders, suppressing];
}

function logWorker(logger: Logger): (event: WorkerEvent) => void {
  return (event) => {
    if (event.type === 'store-failed')
      logger.error({ event: 'store.failed', err: event.error }, 'the store cannot be used now');
    if (event.type !== 'settled') return;
    const { job, settlement, tookMs } = event;
    const fields = { job: job.id, attempt: job.attempt, outcome: settlement.kind, tookMs };
    if (settlement.kind === 'done')
      return logger.info({ event: 'chunk.settled', ...fields }, 'a chunk was sent');
    const reason = withoutAddresses(settlement.reason);
    const until = settlement.kind === 'park' ? { until: settlement.until.toISOString() } : {};
    if (settlement.kind === 'ambiguous') {
      return logger.error(
        { event: 'chunk.ambiguous', ...fields, reason },
        'nobody knows whether a chunk was sent',
      );
    }
    logger.warn({ event: 'chunk.settled', ...fields, reason, ...until }, 'a chunk was not sent');
  };
}
