import type { Job, Result } from '@prosora/durable';
import type { TinybirdEvents } from '@prosora/service';
import type { Sink } from '../inbox/inbox.ts';
import type { EventSource, InboxTx } from '../inbox/tables.ts';
import type { StripeEvent } from '../webhook/event.ts';
import { isLegacy, type LegacyEvent, type LegacySubscription } from '../webhook/legacy-event.ts';
import { mrrOf } from '../webhook/mrr.ts';

/** The queue of the rows for the analytics data source. */
const MRR_QUEUE = 'mrr';

/** A row of the data source `stripe_mrr_events`. */
interface MrrRow {
  /** ISO 8601. */
  timestamp: string;
  event_id: string;
  /** The last word of the event's type: `created`, `updated`, `deleted`. */
  action: string;
  subscription_id: string;
  customer_id: string;
  currency: string;
  /** How the monthly recurring revenue changed, in the currency's smallest unit. */
  mrr_delta: number;
}

/**
 * Plans a row for each event that changes the monthly recurring revenue. An update says what was there
 * before, so its change needs no other event and the order of events does not matter; the ledger is
 * for the end of a subscription, after which nothing is left whatever came before, and for what a
 * reconcile states.
 */
export const mrrSink: Sink = {
  queue: MRR_QUEUE,
  async plan(event, { tx, source, at }) {
    const row = await rowFor(event, tx, { source, at });
    if (row === undefined) return [];
    return [{ payload: Buffer.from(JSON.stringify(row)), group: row.subscription_id }];
  },
};

type SubscriptionEvent = LegacyEvent<`customer.subscription.${'created' | 'updated' | 'deleted'}`>;

function asSubscriptionEvent(event: StripeEvent): SubscriptionEvent | undefined {
  if (isLegacy(event, 'customer.subscription.created')) return event;
  if (isLegacy(event, 'customer.subscription.updated')) return event;
  return isLegacy(event, 'customer.subscription.deleted') ? event : undefined;
}

async function rowFor(
  event: StripeEvent,
  tx: InboxTx,
  { source, at }: { source: EventSource; at: number },
): Promise<MrrRow | undefined> {
  const subscribed = asSubscriptionEvent(event);
  // Ghost takes no subscription of several prices, and a slim synthetic event says nothing of the price.
  const price = subscribed?.data.object.items.data[0]?.price;
  if (!subscribed || !price || subscribed.data.object.items.data.length !== 1) return undefined;
  const { id: subscription, customer } = subscribed.data.object;
  const { currency } = price;
  const entry = await tx
    .selectFrom('stripe_mrr')
    .select(['mrr', 'ended', 'stated_at'])
    .where('subscription', '=', subscription)
    .executeTakeFirst();
  if (entry?.ended) return undefined;
  const ended = subscribed.type === 'customer.subscription.deleted' ? 1 : 0;
  // What a reconcile stated includes every change before it, whose own event may still come.
  const isStated = source === 'stripe' && subscribed.created * 1000 <= (entry?.stated_at ?? 0);
  if (isStated && !ended) return undefined;
  const delta = deltaOf(subscribed, entry?.mrr ?? 0, source);
  const stated = source === 'reconcile' ? { stated_at: at } : {};
  const values = { mrr: (entry?.mrr ?? 0) + delta, ended, ...stated } as const;
  if (entry === undefined) {
    await tx
      .insertInto('stripe_mrr')
      .values({ subscription, customer, currency, ...values })
      .execute();
  } else if (delta !== 0 || ended || source === 'reconcile') {
    await tx
      .updateTable('stripe_mrr')
      .set(values)
      .where('subscription', '=', subscription)
      .execute();
  }
  if (delta === 0) return undefined;
  return {
    timestamp: new Date(subscribed.created * 1000).toISOString(),
    event_id: event.id,
    action: event.type.slice(event.type.lastIndexOf('.') + 1),
    subscription_id: subscription,
    customer_id: customer,
    currency,
    mrr_delta: delta,
  };
}

function deltaOf({ type, data }: SubscriptionEvent, known: number, source: EventSource): number {
  if (type === 'customer.subscription.deleted') return -known;
  const now = mrrOf(data.object);
  // A reconcile states the present, whatever the type of the event that was lost.
  if (source === 'reconcile') return now - known;
  if (type === 'customer.subscription.created') return now;
  return now - mrrOf(before(data.object, data.previous_attributes ?? {}));
}

function before(
  now: LegacySubscription,
  previous: Partial<LegacySubscription>,
): LegacySubscription {
  return { ...now, ...previous };
}

/**
 * Makes the handler of the rows: each goes out by itself, under a name by which the engine takes it once. A row is dead
 * only when the answer is about the row; whatever else is wrong, all wait for as long as it lasts.
 */
export function createMrrSender(
  tinybird: TinybirdEvents,
): (job: Job, signal: AbortSignal) => Promise<Result> {
  return async (job, signal) => {
    const outcome = await tinybird.send(
      `${Buffer.from(job.payload)}\n`,
      // Not by the number of the job: another data folder counts from 1 again.
      `stripe-mrr:${job.id}`,
      signal,
    );
    switch (outcome.kind) {
      case 'accepted':
        if (outcome.quarantined === 0) return { kind: 'done' };
        return { kind: 'dead', reason: 'the row is in the quarantine of the data source' };
      case 'refused':
        return { kind: 'dead', reason: outcome.reason };
      case 'halfway':
        // Sent again it would be there twice.
        return { kind: 'dead', reason: `in the data source, but not in a view: ${outcome.reason}` };
      case 'misconfigured':
        return { kind: 'down', reason: outcome.reason };
      case 'unavailable': {
        const { reason, afterMs } = outcome;
        return { kind: 'down', reason, ...(afterMs !== undefined && { afterMs }) };
      }
    }
  };
}
