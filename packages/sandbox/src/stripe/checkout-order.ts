import * as z from 'zod';
import type { Books } from './books.ts';
import { discounted } from './catalog.ts';
import { buildCheckoutSession, type CheckoutSession } from './checkout-session.ts';
import { buildSetupIntent } from './customer.ts';
import { flag, metadata, whole } from './params.ts';
import { StripeRefusal } from './refusal.ts';

const lineItem = z.object({
  price: z.string().optional(),
  price_data: z
    .object({
      currency: z.string(),
      unit_amount: whole,
      product_data: z.object({ name: z.string() }).optional(),
    })
    .optional(),
  quantity: whole.default(1),
});

/** What a new checkout is made from: https://docs.stripe.com/api/checkout/sessions/create */
export const checkoutParams = z.object({
  mode: z.enum(['subscription', 'payment', 'setup']).default('subscription'),
  success_url: z.string(),
  cancel_url: z.string().optional(),
  customer: z.string().optional(),
  customer_email: z.string().optional(),
  currency: z.string().optional(),
  metadata: metadata.default({}),
  line_items: z.array(lineItem).default([]),
  discounts: z.array(z.object({ coupon: z.string() })).default([]),
  subscription_data: z
    .object({
      items: z.array(z.object({ plan: z.string() })).default([]),
      trial_period_days: whole.optional(),
      metadata: metadata.default({}),
    })
    .optional(),
  setup_intent_data: z.object({ metadata: metadata.default({}) }).optional(),
  custom_fields: z
    .array(
      z.object({
        key: z.string(),
        label: z.object({ custom: z.string() }),
        optional: flag.default(false),
      }),
    )
    .default([]),
});

/** Parameters of a new checkout, read. */
export type CheckoutParams = z.output<typeof checkoutParams>;

/**
 * Makes a checkout from what an API call asked for; its page is at `<url>/checkout/<id>`.
 *
 * @throws StripeRefusal `resource_missing`, `parameter_missing`
 */
export function placeOrder(books: Books, params: CheckoutParams, url: string): CheckoutSession {
  const identity = books.identify('checkout.session');
  const { mode, discounts, subscription_data: data, line_items } = params;
  const priceId = data?.items[0]?.plan ?? line_items[0]?.price;
  const price = priceId === undefined ? undefined : books.get('price', priceId);
  const inline = line_items[0]?.price_data;
  if (mode !== 'setup' && price === undefined && inline === undefined) {
    throw new StripeRefusal(400, 'There is nothing to pay for: give a price.', {
      code: 'parameter_missing',
      param: 'line_items',
    });
  }
  if (params.customer !== undefined) books.get('customer', params.customer);
  const couponId = discounts[0]?.coupon;
  const coupon = couponId === undefined ? undefined : books.get('coupon', couponId);
  const free = price?.custom_unit_amount ?? undefined;
  books.put('checkout.order', {
    id: identity.id,
    price,
    coupon,
    trialDays: data?.trial_period_days,
    metadata: data?.metadata ?? {},
    isAmountFree: free !== undefined,
  });
  const full = price?.unit_amount ?? free?.preset ?? inline?.unit_amount ?? 0;
  return books.put(
    'checkout.session',
    buildCheckoutSession(identity, {
      mode,
      url: `${url}/checkout/${identity.id}`,
      success_url: params.success_url,
      cancel_url: params.cancel_url ?? null,
      amount: mode === 'setup' ? null : discounted(full, coupon),
      currency: price?.currency ?? inline?.currency ?? params.currency ?? null,
      customer: params.customer ?? null,
      customer_email: params.customer_email ?? null,
      metadata: params.metadata,
      customFields: params.custom_fields.map(({ key, label, optional }) => ({
        key,
        label: { ...label, type: 'custom' },
        optional,
        text: { maximum_length: null, minimum_length: null, value: null },
        type: 'text',
      })),
      setupIntent: mode === 'setup' ? openSetupIntent(books, params) : null,
    }),
  );
}

function openSetupIntent(books: Books, { setup_intent_data }: CheckoutParams): string {
  const kept = setup_intent_data?.metadata ?? {};
  const intent = buildSetupIntent(books.identify('setup_intent'), {
    paymentMethod: null,
    metadata: kept,
  });
  return books.put('setup_intent', intent).id;
}
