import type { StripeEvent } from './event.ts';

/*
 * Stripe's objects as API version 2020-08-27 renders them, which is what Ghost's endpoint gets; the types
 * of the `stripe` package describe its newest version, where these fields are elsewhere. Only what is
 * read here or useful to a handler is named; the objects hold more.
 */

/** https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
export type SubscriptionStatus =
  | 'incomplete'
  | 'incomplete_expired'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'canceled'
  | 'unpaid'
  | 'paused';

/** The recurring price of a subscription's item. */
export interface LegacyPrice {
  id: string;
  /** In the currency's smallest unit; null for tiered prices. */
  unit_amount: number | null;
  currency: string;
  product: string;
  recurring: { interval: 'day' | 'week' | 'month' | 'year'; interval_count: number } | null;
}

/** What a coupon takes off. */
export interface LegacyDiscount {
  coupon: {
    duration: 'once' | 'repeating' | 'forever';
    amount_off: number | null;
    percent_off: number | null;
  };
  /** Seconds since 1970; null when it never ends. */
  end: number | null;
}

/** A subscription, with its period at the top level. Times are in seconds since 1970. */
export interface LegacySubscription {
  id: string;
  object: 'subscription';
  customer: string;
  status: SubscriptionStatus;
  cancel_at_period_end: boolean;
  current_period_start: number;
  current_period_end: number;
  trial_end: number | null;
  ended_at: number | null;
  discount: LegacyDiscount | null;
  items: { data: { id: string; price: LegacyPrice }[] };
  latest_invoice: string | null;
  metadata: Record<string, string>;
}

/** An invoice, with its subscription, its charge and `paid` at the top level. Amounts are in the smallest unit. */
export interface LegacyInvoice {
  id: string;
  object: 'invoice';
  customer: string;
  customer_email: string | null;
  subscription: string | null;
  charge: string | null;
  paid: boolean;
  currency: string;
  amount_due: number;
  amount_paid: number;
  billing_reason: string | null;
}

/** A checkout. */
export interface LegacyCheckoutSession {
  id: string;
  object: 'checkout.session';
  mode: 'subscription' | 'payment' | 'setup';
  customer: string | null;
  customer_details: { email: string | null; name: string | null } | null;
  subscription: string | null;
  payment_status: 'paid' | 'unpaid' | 'no_payment_required';
  amount_total: number | null;
  currency: string | null;
  metadata: Record<string, string> | null;
}

/** A charge. */
export interface LegacyCharge {
  id: string;
  object: 'charge';
  customer: string | null;
  invoice: string | null;
  payment_intent: string | null;
  amount: number;
  amount_refunded: number;
  refunded: boolean;
  currency: string;
}

/** What the object is in the events that a member's life is made of. */
export interface LegacyObjects {
  'checkout.session.completed': LegacyCheckoutSession;
  'checkout.session.async_payment_succeeded': LegacyCheckoutSession;
  'checkout.session.async_payment_failed': LegacyCheckoutSession;
  'customer.subscription.created': LegacySubscription;
  'customer.subscription.updated': LegacySubscription;
  'customer.subscription.deleted': LegacySubscription;
  'customer.subscription.trial_will_end': LegacySubscription;
  'invoice.payment_succeeded': LegacyInvoice;
  'invoice.payment_failed': LegacyInvoice;
  'charge.refunded': LegacyCharge;
}

/** The name of such an event. */
export type LegacyType = keyof LegacyObjects;

/** An event of a known type at API version 2020-08-27. */
export interface LegacyEvent<T extends LegacyType = LegacyType> extends StripeEvent {
  object: 'event';
  type: T;
  /** Seconds since 1970. */
  created: number;
  data: {
    object: LegacyObjects[T];
    /** In an update: what the changed fields were before. */
    previous_attributes?: Partial<LegacyObjects[T]>;
  };
}

/** The version that Ghost 6.65 registers its endpoint with; it reads a newer shape wrongly and says 200. */
export const GHOST_API_VERSION = '2020-08-27';

/** Whether an event is of a type, in the shape that `LegacyEvent` describes. */
export function isLegacy<T extends LegacyType>(
  event: StripeEvent,
  type: T,
): event is LegacyEvent<T> {
  return event.type === type && event.object === 'event' && event.api_version === GHOST_API_VERSION;
}
