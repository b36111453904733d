import type { LegacySubscription } from './legacy-event.ts';

/** What of a subscription decides its monthly recurring revenue. */
export type MrrInput = Pick<
  LegacySubscription,
  'status' | 'cancel_at_period_end' | 'discount' | 'items'
>;

const MONTHS: Record<string, (amount: number) => number> = {
  year: (amount) => Math.floor(amount / 12),
  month: (amount) => amount,
  week: (amount) => amount * 4,
  day: (amount) => amount * 30,
};

const WORTH_NOTHING = new Set(['trialing', 'incomplete', 'incomplete_expired', 'canceled']);

/**
 * The monthly recurring revenue of a subscription in the currency's smallest unit, by Ghost's own rule
 * (`getMRR` in Ghost 6.65's `member-repository.js`), so that the sums here are the sums in Ghost: nothing
 * while it is unpaid for or set to end, a year is twelve months rounded down, only discounts without
 * an end count, and the interval's count does not.
 */
export function mrrOf(subscription: MrrInput): number {
  if (WORTH_NOTHING.has(subscription.status) || subscription.cancel_at_period_end) return 0;
  return fullMrrOf(subscription);
}

/** The same as if it were active: what a plan is worth, to tell an upgrade from a downgrade. */
export function fullMrrOf({ items, discount }: Pick<MrrInput, 'items' | 'discount'>): number {
  const price = items.data[0]?.price;
  const amount = discounted(price?.unit_amount ?? 0, discount);
  return MONTHS[price?.recurring?.interval ?? '']?.(amount) ?? 0;
}

function discounted(amount: number, discount: MrrInput['discount'] | undefined): number {
  if (!discount || discount.end !== null || discount.coupon?.duration !== 'forever') return amount;
  const { amount_off: off, percent_off: percent } = discount.coupon;
  if (off !== null) return Math.max(0, amount - off);
  return Math.round((amount * (100 - (percent ?? 0))) / 100);
}
