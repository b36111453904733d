import type { StripeEvent } from './event.ts';
import {
  isLegacy,
  type LegacyCheckoutSession,
  type LegacyEvent,
  type LegacySubscription,
} from './legacy-event.ts';
import { fullMrrOf } from './mrr.ts';

/** What happened to a member, in the site's own words. */
export type ChangeType = (typeof changeTypes)[number];
export const changeTypes = [
  'subscription.started',
  'subscription.upgraded',
  'subscription.downgraded',
  'subscription.cancel_scheduled',
  'subscription.resumed',
  'subscription.past_due',
  'subscription.recovered',
  'subscription.ended',
  'payment.succeeded',
  'payment.failed',
  'payment.refunded',
  'donation',
  'gift',
] as const;

/** Something that happened to a member, derived from one event of Stripe. */
export interface Change<T extends ChangeType = ChangeType> {
  type: T;
  /** The event that says so. */
  eventId: string;
  /** When, in seconds since 1970. */
  at: number;
  customer: string | null;
  subscription: string | null;
  /** What was paid or given back, in the currency's smallest unit; null where no money moved. */
  amount: number | null;
  currency: string | null;
}

const PAID_FOR = new Set(['active', 'trialing']);
const OWING = new Set(['past_due', 'unpaid']);

/**
 * What an event says happened to a member: nothing, one thing, or several at once. It needs no other
 * event, since Stripe's updates say what was there before.
 */
export function changesIn(event: StripeEvent): Change[] {
  if (isLegacy(event, 'customer.subscription.created')) {
    return PAID_FOR.has(event.data.object.status)
      ? [ofSubscription(event, 'subscription.started')]
      : [];
  }
  if (isLegacy(event, 'customer.subscription.updated')) {
    return updatesIn(event).map((type) => ofSubscription(event, type));
  }
  if (isLegacy(event, 'customer.subscription.deleted')) {
    return [ofSubscription(event, 'subscription.ended')];
  }
  return paymentsIn(event);
}

function updatesIn({ data }: LegacyEvent<'customer.subscription.updated'>): ChangeType[] {
  const now = data.object;
  const before = { ...now, ...data.previous_attributes };
  const types: ChangeType[] = [];
  if (before.status === 'incomplete' && PAID_FOR.has(now.status)) {
    types.push('subscription.started');
  }
  if (!OWING.has(before.status) && OWING.has(now.status)) types.push('subscription.past_due');
  if (OWING.has(before.status) && PAID_FOR.has(now.status)) types.push('subscription.recovered');
  if (before.cancel_at_period_end !== now.cancel_at_period_end) {
    types.push(now.cancel_at_period_end ? 'subscription.cancel_scheduled' : 'subscription.resumed');
  }
  const gain = worthOf(now) - worthOf(before);
  if (gain > 0) types.push('subscription.upgraded');
  if (gain < 0) types.push('subscription.downgraded');
  return types;
}

/** Without the discount: a coupon that comes or goes is no other plan. */
function worthOf({ items }: LegacySubscription): number {
  return fullMrrOf({ items, discount: null });
}

function paymentsIn(event: StripeEvent): Change[] {
  if (isLegacy(event, 'invoice.payment_succeeded')) {
    const { amount_paid: amount, subscription } = event.data.object;
    return amount > 0 ? [ofPayment(event, 'payment.succeeded', { amount, subscription })] : [];
  }
  if (isLegacy(event, 'invoice.payment_failed')) {
    const { amount_due: amount, subscription } = event.data.object;
    return [ofPayment(event, 'payment.failed', { amount, subscription })];
  }
  if (isLegacy(event, 'charge.refunded')) {
    const { amount_refunded } = event.data.object;
    const amount = amount_refunded - (event.data.previous_attributes?.amount_refunded ?? 0);
    return [ofPayment(event, 'payment.refunded', { amount })];
  }
  if (
    isLegacy(event, 'checkout.session.completed') ||
    isLegacy(event, 'checkout.session.async_payment_succeeded')
  ) {
    const type = oneTimePurchase(event.data.object);
    return type ? [ofPayment(event, type, { amount: event.data.object.amount_total })] : [];
  }
  return [];
}

/** What Ghost writes on the checkouts that it makes for donations and gifts. */
function oneTimePurchase(session: LegacyCheckoutSession): 'donation' | 'gift' | undefined {
  if (session.mode !== 'payment' || session.payment_status !== 'paid') return undefined;
  const { ghost_donation, ghost_gift, ghost_gift_id } = session.metadata ?? {};
  if (ghost_gift_id !== undefined || ghost_gift === 'true') return 'gift';
  return ghost_donation === 'true' ? 'donation' : undefined;
}

type SubscriptionEvent = LegacyEvent<`customer.subscription.${'created' | 'updated' | 'deleted'}`>;

function ofSubscription({ id, created, data }: SubscriptionEvent, type: ChangeType): Change {
  const { id: subscription, customer, items } = data.object;
  const currency = items.data[0]?.price.currency ?? null;
  return { type, eventId: id, at: created, customer, subscription, amount: null, currency };
}

function ofPayment(
  {
    id,
    created,
    data,
  }: LegacyEvent<
    | 'invoice.payment_succeeded'
    | 'invoice.payment_failed'
    | 'charge.refunded'
    | 'checkout.session.completed'
    | 'checkout.session.async_payment_succeeded'
  >,
  type: ChangeType,
  { amount, subscription = null }: { amount: number | null; subscription?: string | null },
): Change {
  const { customer, currency } = data.object;
  return { type, eventId: id, at: created, customer, subscription, amount, currency };
}
