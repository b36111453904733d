import { type Price, planOf } from './catalog.ts';
import { StripeRefusal } from './refusal.ts';
import { periodEnd, type Subscription } from './subscription.ts';

/** What a step in a subscription's life changes on it. `now` is in seconds since 1970. */
export type Changes = Partial<Subscription>;

/** It ends when its period does. */
export function endingWithPeriod(
  subscription: Subscription,
  now: number,
  reason = 'cancellation_requested',
): Changes {
  return {
    cancel_at_period_end: true,
    cancel_at: subscription.current_period_end,
    canceled_at: now,
    cancellation_details: { comment: null, feedback: null, reason },
  };
}

/** It goes on after all. */
export const GOING_ON: Changes = {
  cancel_at_period_end: false,
  cancel_at: null,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, reason: null },
};

/** It costs another price, and a new period begins now. */
export function movedTo(subscription: Subscription, price: Price, now: number): Changes {
  const { items } = subscription;
  return {
    plan: planOf(price),
    items: { ...items, data: items.data.map((item) => ({ ...item, price, plan: planOf(price) })) },
    billing_cycle_anchor: now,
    current_period_start: now,
    current_period_end: periodEnd(now, price),
  };
}

/** The next period begins; a trial is over then. */
export function inNextPeriod(subscription: Subscription): Changes {
  const start = subscription.current_period_end;
  const { trial_end } = subscription;
  return {
    current_period_start: start,
    current_period_end: periodEnd(start, priceOf(subscription)),
    trial_end: trial_end === null ? null : Math.min(trial_end, start),
  };
}

/** What it costs. */
export function priceOf({ id, items }: Subscription): Price {
  const price = items.data[0]?.price;
  if (price === undefined) throw new StripeRefusal(400, `The subscription ${id} has no price.`);
  return price;
}
