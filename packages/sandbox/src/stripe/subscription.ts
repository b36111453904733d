import { type Coupon, type Identity, type Metadata, type Price, planOf } from './catalog.ts';

/**
 * https://docs.stripe.com/api/subscriptions/object as of 2020-08-27: period and plan at the top, one
 * `discount`.
 */
export type Subscription = ReturnType<typeof buildSubscription>;

/** https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
export type SubscriptionStatus =
  | 'incomplete'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'unpaid'
  | 'canceled';

const DAY_SECONDS = 86_400;

/** When a period that begins at `start` ends; months are calendar months, as at Stripe. */
export function periodEnd(start: number, { recurring }: Price): number {
  const count = recurring?.interval_count ?? 1;
  switch (recurring?.interval) {
    case 'year':
      return addMonths(start, 12 * count);
    case 'month':
      return addMonths(start, count);
    case 'week':
      return start + 7 * DAY_SECONDS * count;
    default:
      return start + DAY_SECONDS * count;
  }
}

/** The same day of a later month, or its last day where it has no such day. */
function addMonths(start: number, months: number): number {
  const date = new Date(start * 1000);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + months);
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  return date.getTime() / 1000;
}

export function buildSubscription(
  { id, created }: Identity,
  input: {
    itemId: string;
    customer: string;
    price: Price;
    metadata: Metadata;
    coupon?: Coupon | undefined;
    trialDays?: number | undefined;
  },
) {
  const { customer, price, coupon, trialDays = 0 } = input;
  const trialEnd = trialDays > 0 ? created + trialDays * DAY_SECONDS : null;
  const end = trialEnd ?? periodEnd(created, price);
  return {
    id,
    object: 'subscription' as const,
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: trialEnd ?? created,
    billing_thresholds: null,
    cancel_at: null as number | null,
    cancel_at_period_end: false,
    canceled_at: null as number | null,
    cancellation_details: { comment: null, feedback: null, reason: null as string | null },
    collection_method: 'charge_automatically' as const,
    created,
    currency: price.currency,
    current_period_end: end,
    current_period_start: created,
    customer,
    days_until_due: null,
    default_payment_method: null as string | null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discount: coupon ? buildDiscount(coupon, { id, customer, start: created }) : null,
    ended_at: null as number | null,
    items: {
      object: 'list' as const,
      data: [buildItem(input.itemId, { subscription: id, price, created })],
      has_more: false,
      total_count: 1,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null as string | null,
    livemode: false,
    metadata: input.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off' as const,
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    plan: planOf(price),
    quantity: 1,
    schedule: null,
    start_date: created,
    status: 'incomplete' as SubscriptionStatus,
    test_clock: null,
    transfer_data: null,
    trial_end: trialEnd,
    trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' as const } },
    trial_start: trialEnd === null ? null : created,
  };
}

/** The one line of a subscription: Ghost takes no others. */
function buildItem(
  id: string,
  { subscription, price, created }: { subscription: string; price: Price; created: number },
) {
  return {
    id,
    object: 'subscription_item' as const,
    billing_thresholds: null,
    created,
    metadata: {} as Metadata,
    plan: planOf(price),
    price,
    quantity: 1,
    subscription,
    tax_rates: [],
  };
}

export function buildDiscount(
  coupon: Coupon,
  { id, customer, start }: { id: string; customer: string; start: number },
) {
  return {
    id: `di_${id}`,
    object: 'discount' as const,
    checkout_session: null,
    coupon,
    customer,
    end: null,
    invoice: null,
    invoice_item: null,
    promotion_code: null,
    start,
    subscription: id,
  };
}
