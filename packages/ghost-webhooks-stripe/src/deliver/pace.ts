import type { Clock } from '@prosora/durable';
import { createTokenBucket } from '@prosora/service';
import type { StripeEvent } from '../webhook/event.ts';

/*
 * Ghost throttles its own calls to Stripe (`stripe-api.js`: 95 % of 25 a second with a test key, of 100 with
 * a live one), and waits for its turn with a database transaction open. Sending more slowly than
 * that keeps the waiting here, where it holds nothing up.
 */
const CALLS_PER_SECOND = { test: 23, live: 92 };

/** Calls to Stripe that Ghost makes for an event, as counted on Ghost 6.65. */
const CALLS: Record<string, number> = {
  'checkout.session.completed': 4,
  'customer.subscription.created': 3,
  'customer.subscription.updated': 3,
  'customer.subscription.deleted': 3,
  'invoice.payment_succeeded': 1,
};

/** Keeps deliveries below Ghost's own rate. */
export interface Pace {
  /** Resolves when an event may go. */
  waitFor(event: StripeEvent, signal: AbortSignal): Promise<void>;
}

/** Makes a pace: a bucket that holds one second's worth of calls. */
export function createPace({ now, sleep }: Clock): Pace {
  const bucketOf = (perSecond: number) =>
    createTokenBucket({ capacity: perSecond, perMs: perSecond / 1_000, now });
  const buckets = { test: bucketOf(CALLS_PER_SECOND.test), live: bucketOf(CALLS_PER_SECOND.live) };

  return {
    async waitFor({ type, livemode }, signal) {
      const bucket = buckets[livemode ? 'live' : 'test'];
      bucket.add(-(CALLS[type] ?? 0));
      const waitMs = bucket.msUntil(0);
      if (waitMs > 0) await sleep(waitMs, signal);
    },
  };
}
