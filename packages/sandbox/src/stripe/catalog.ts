/** What can be bought, in the shape of API version 2020-08-27. Times are seconds since 1970. */

/** https://docs.stripe.com/api/products/object */
export type Product = ReturnType<typeof buildProduct>;

/** https://docs.stripe.com/api/prices/object */
export type Price = ReturnType<typeof buildPrice>;

/** https://docs.stripe.com/api/coupons/object */
export type Coupon = ReturnType<typeof buildCoupon>;

/** What identifies an object and when it came to be. */
export interface Identity {
  id: string;
  created: number;
}

/** Free text by name, as callers keep it on objects. */
export type Metadata = Record<string, string>;

export function buildProduct(
  { id, created }: Identity,
  { name, description, metadata }: { name: string; description?: string; metadata?: Metadata },
) {
  return {
    id,
    object: 'product' as const,
    active: true,
    created,
    description: description ?? null,
    images: [] as string[],
    livemode: false,
    metadata: metadata ?? {},
    name,
    type: 'service' as const,
    updated: created,
  };
}

/** How often a price is charged. */
export interface Recurring {
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count?: number | undefined;
}

export function buildPrice(
  { id, created }: Identity,
  input: {
    currency: string;
    product: string;
    unit_amount?: number | undefined;
    recurring?: Recurring | undefined;
    nickname?: string | undefined;
    active?: boolean | undefined;
    metadata?: Metadata | undefined;
    custom_unit_amount?: { preset?: number | undefined } | undefined;
  },
) {
  const { recurring, custom_unit_amount: custom } = input;
  const unitAmount = input.unit_amount ?? null;
  return {
    id,
    object: 'price' as const,
    active: input.active ?? true,
    billing_scheme: 'per_unit' as const,
    created,
    currency: input.currency,
    custom_unit_amount: custom
      ? { maximum: null, minimum: null, preset: custom.preset ?? null }
      : null,
    livemode: false,
    lookup_key: null,
    metadata: input.metadata ?? {},
    nickname: input.nickname ?? null,
    product: input.product,
    recurring: recurring
      ? {
          aggregate_usage: null,
          interval: recurring.interval,
          interval_count: recurring.interval_count ?? 1,
          meter: null,
          trial_period_days: null,
          usage_type: 'licensed' as const,
        }
      : null,
    tax_behavior: 'unspecified' as const,
    tiers_mode: null,
    transform_quantity: null,
    type: recurring ? ('recurring' as const) : ('one_time' as const),
    unit_amount: unitAmount,
    unit_amount_decimal: unitAmount === null ? null : String(unitAmount),
  };
}

/** The older face of a recurring price, which subscriptions and invoices still carry. */
export function planOf(price: Price) {
  return {
    id: price.id,
    object: 'plan' as const,
    active: price.active,
    aggregate_usage: null,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? null,
    interval_count: price.recurring?.interval_count ?? null,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed' as const,
  };
}

export function buildCoupon(
  { id, created }: Identity,
  input: {
    duration: 'once' | 'forever' | 'repeating';
    percent_off?: number | undefined;
    amount_off?: number | undefined;
    currency?: string | undefined;
    name?: string | undefined;
    duration_in_months?: number | undefined;
  },
) {
  return {
    id,
    object: 'coupon' as const,
    amount_off: input.amount_off ?? null,
    created,
    currency: input.currency ?? null,
    duration: input.duration,
    duration_in_months: input.duration_in_months ?? null,
    livemode: false,
    max_redemptions: null,
    metadata: {} as Metadata,
    name: input.name ?? null,
    percent_off: input.percent_off ?? null,
    redeem_by: null,
    times_redeemed: 0,
    valid: true,
  };
}

/** What is left of an amount after a coupon. */
export function discounted(amount: number, coupon: Coupon | undefined): number {
  if (coupon === undefined) return amount;
  const off = coupon.amount_off ?? Math.round((amount * (coupon.percent_off ?? 0)) / 100);
  return Math.max(0, amount - off);
}
