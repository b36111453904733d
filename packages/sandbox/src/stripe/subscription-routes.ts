import * as z from 'zod';
import { given } from './catalog-routes.ts';
import { flag, metadata, optionalText, readParams, whole } from './params.ts';
import { type Account, defaultMethodOf, refundCharge } from './payments.ts';
import { getter, idOf, lister, type Routes } from './routes.ts';
import { buildDiscount, type Subscription } from './subscription.ts';
import { endingWithPeriod, GOING_ON, movedTo, priceOf } from './subscription-changes.ts';
import type { Subscriptions } from './subscriptions.ts';

const item = z.object({ id: optionalText, price: optionalText, plan: optionalText });

const newSubscription = z.object({
  customer: z.string(),
  items: z.array(item).min(1),
  coupon: optionalText,
  trial_period_days: whole.optional(),
  default_payment_method: optionalText,
  metadata: metadata.optional(),
});

const subscriptionChanges = z.object({
  cancel_at_period_end: flag.optional(),
  items: z.array(item).optional(),
  coupon: optionalText,
  default_payment_method: optionalText,
  trial_end: z.union([z.literal('now'), whole]).optional(),
  metadata: metadata.optional(),
});

const filterParams = z.object({
  customer: optionalText,
  status: optionalText,
  subscription: optionalText,
});

const refundParams = z.object({ charge: z.string() });

/** Subscriptions, and the invoices, charges and refunds that come of them. */
export function subscriptionRoutes(account: Account, subscriptions: Subscriptions): Routes {
  const { books } = account;

  /** All that one call asks for, as one change: Stripe sends one event for it. */
  const change = (id: string, params: z.output<typeof subscriptionChanges>): Subscription => {
    const { cancel_at_period_end: isEnding, items, coupon, trial_end, metadata: more } = params;
    const before = subscriptions.get(id);
    const now = books.seconds();
    const priceId = items?.[0]?.price ?? items?.[0]?.plan;
    const price = priceId === undefined ? priceOf(before) : books.get('price', priceId);
    const isAnew = priceId !== undefined || trial_end === 'now';
    return subscriptions.update(id, {
      ...(isAnew && movedTo(before, price, now)),
      ...(isEnding === true && endingWithPeriod(before, now)),
      ...(isEnding === false && GOING_ON),
      ...given({ default_payment_method: params.default_payment_method }),
      ...(more && { metadata: { ...before.metadata, ...more } }),
      ...(coupon !== undefined && { discount: discountFor(id, coupon) }),
      ...(trial_end === 'now' && { trial_end: now, status: 'active' as const }),
      ...(typeof trial_end === 'number' && { trial_end, current_period_end: trial_end }),
    });
  };

  /** An empty coupon takes the discount away. */
  const discountFor = (id: string, coupon: string): Subscription['discount'] => {
    if (coupon === '') return null;
    const { customer } = subscriptions.get(id);
    return buildDiscount(books.get('coupon', coupon), { id, customer, start: books.seconds() });
  };

  return {
    'POST /subscriptions': (request) => {
      const params = readParams(newSubscription, request);
      const { customer, items, coupon, trial_period_days: trialDays } = params;
      books.get('customer', customer);
      return subscriptions.create({
        customer,
        price: books.get('price', items[0]?.price ?? items[0]?.plan ?? ''),
        coupon: coupon === undefined ? undefined : books.get('coupon', coupon),
        trialDays,
        metadata: params.metadata,
        paymentMethod:
          params.default_payment_method ?? defaultMethodOf(books, customer)?.id ?? null,
      });
    },
    'GET /subscriptions': lister(books, 'subscription', (request) => {
      const { customer, status } = readParams(filterParams, request);
      const isWanted = (it: Subscription) =>
        status === 'all' ||
        (status === undefined ? it.status !== 'canceled' : it.status === status);
      return (it) => isWanted(it) && (customer === undefined || it.customer === customer);
    }),
    'GET /subscriptions/:id': getter(books, 'subscription'),
    'POST /subscriptions/:id': (request) =>
      change(idOf(request), readParams(subscriptionChanges, request)),
    'DELETE /subscriptions/:id': (request) => subscriptions.cancelNow(idOf(request)),
    'GET /invoices': lister(books, 'invoice', (request) => {
      const { customer, subscription } = readParams(filterParams, request);
      return (it) =>
        (customer === undefined || it.customer === customer) &&
        (subscription === undefined || it.subscription === subscription);
    }),
    'GET /invoices/:id': getter(books, 'invoice'),
    'GET /charges/:id': getter(books, 'charge'),
    'POST /refunds': (request) => refundCharge(account, readParams(refundParams, request).charge),
  };
}
