import { readFileSync } from 'node:fs';
import type Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createCheckout,
  createTier,
  type Receiver,
  type StripeWithSdk,
  startReceiver,
  startStripeWithSdk,
} from '../../fixtures/stripe-with-sdk.ts';

/** Events composed for a real Ghost, which took them; shared with the inbox's own tests. */
const recorded = (name: string) => {
  const folder = '../../../../ghost-webhooks-stripe/test/fixtures/events/';
  return JSON.parse(readFileSync(new URL(`${folder}${name}.json`, import.meta.url), 'utf8'));
};

let setup: StripeWithSdk;
let sdk: Stripe;
let receiver: Receiver;

beforeEach(async () => {
  setup = await startStripeWithSdk();
  sdk = setup.sdk;
  receiver = await startReceiver(setup.sandbox.stripe.webhookSecret);
  setup.sandbox.stripe.addWebhook({ url: receiver.url });
});
afterEach(async () => {
  await setup[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

/** A customer who pays monthly. */
async function subscribe(more: object = {}): Promise<string> {
  const { monthly } = await createTier(sdk);
  const { id } = await createCheckout(sdk, monthly.id, more);
  return setup.sandbox.stripe.checkouts.pay(id).subscription as string;
}
const statusOf = async (id: string) => (await sdk.subscriptions.retrieve(id)).status;
/** Drops what has come so far, once nothing more is on its way. */
async function forget(): Promise<void> {
  await vi.waitFor(() => expect(setup.sandbox.stripe.pendingWebhooks()).toBe(0));
  receiver.taken.splice(0);
}

describe('a checkout', () => {
  test('that a person pays on its page makes a subscriber and sends what Stripe sends', async () => {
    const { monthly } = await createTier(sdk);
    const session = await createCheckout(sdk, monthly.id);
    const page = await (await fetch(session.url as string)).text();
    expect(page).toContain('5.00 USD');
    expect(page).toContain('value="ada@example.com"');

    const paid = await fetch(`${session.url}/pay`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'ada@example.com', name: 'Ada Lovelace' }),
      redirect: 'manual',
    });
    expect([paid.status, paid.headers.get('location')]).toEqual([
      303,
      'https://blog.example.com/?stripe=success',
    ]);
    const completed = await receiver.has('checkout.session.completed');
    expect(completed.object).toMatchObject({
      mode: 'subscription',
      status: 'complete',
      payment_status: 'paid',
      metadata: { ghostTierId: 'tier' },
      customer_details: { email: 'ada@example.com', name: 'Ada Lovelace' },
    });
    const subscription = await sdk.subscriptions.retrieve(completed.object.subscription);
    expect(subscription).toMatchObject({ status: 'active', metadata: { attribution_id: 'post' } });
    expect(receiver.types().toSorted()).toEqual([
      'checkout.session.completed',
      'customer.created',
      'customer.subscription.created',
      'customer.subscription.updated',
      'invoice.paid',
      'invoice.payment_succeeded',
    ]);
    const again = await (await fetch(`${setup.sandbox.stripe.url}/checkout/${session.id}`)).text();
    expect(again).toContain('This checkout is complete.');
  });

  test('that is declined stays open and changes nothing', async () => {
    const { monthly } = await createTier(sdk);
    const session = await createCheckout(sdk, monthly.id);
    const declined = await fetch(`${session.url}/decline`, { method: 'POST' });
    expect(declined.status).toBe(402);
    expect(await declined.text()).toContain('Your card was declined.');
    expect((await sdk.checkout.sessions.retrieve(session.id)).status).toBe('open');
    expect(setup.sandbox.stripe.customers()).toEqual([]);
  });

  test('that expires cannot be paid any more', async () => {
    const { monthly } = await createTier(sdk);
    const session = await createCheckout(sdk, monthly.id);
    await sdk.checkout.sessions.expire(session.id);
    await receiver.has('checkout.session.expired');
    expect(() => setup.sandbox.stripe.checkouts.pay(session.id)).toThrow(
      'This checkout is expired.',
    );
  });

  test('with a trial charges nothing yet', async () => {
    const subscription_data = { items: [{ plan: '' }], trial_period_days: 7 };
    const { monthly } = await createTier(sdk);
    subscription_data.items = [{ plan: monthly.id }];
    const { id } = await createCheckout(sdk, monthly.id, { subscription_data });
    const { subscription } = setup.sandbox.stripe.checkouts.pay(id);
    expect(await statusOf(subscription as string)).toBe('trialing');
    expect((await receiver.has('invoice.payment_succeeded')).object.amount_paid).toBe(0);
  });

  test('with a coupon charges less', async () => {
    const coupon = await sdk.coupons.create({ percent_off: 20, duration: 'forever' });
    await subscribe({ discounts: [{ coupon: coupon.id }] });
    expect((await receiver.has('invoice.payment_succeeded')).object).toMatchObject({
      amount_paid: 400,
      subtotal: 500,
    });
  });

  test('for a donation takes the amount and the note that the payer gives', async () => {
    const product = await sdk.products.create({ name: 'Support' });
    const price = await sdk.prices.create({
      currency: 'usd',
      product: product.id,
      custom_unit_amount: { enabled: true, preset: 500 },
    });
    const { id } = await createCheckout(sdk, price.id, {
      mode: 'payment',
      subscription_data: undefined,
      line_items: [{ price: price.id, quantity: 1 }],
      metadata: { ghost_donation: 'true' },
      custom_fields: [
        {
          key: 'donation_message',
          label: { type: 'custom', custom: 'A note' },
          type: 'text',
          optional: true,
        },
      ],
    });
    setup.sandbox.stripe.checkouts.pay(id, {
      amount: 700,
      fields: { donation_message: 'Keep going ☕' },
    });
    const { object } = await receiver.has('checkout.session.completed');
    expect(object).toMatchObject({ mode: 'payment', amount_total: 700, payment_status: 'paid' });
    expect(object.custom_fields[0].text.value).toBe('Keep going ☕');
  });

  test('for a new card leaves a payment method that Ghost attaches', async () => {
    const customer = await sdk.customers.create({ email: 'card@example.com' });
    const { id } = await createCheckout(sdk, '', {
      mode: 'setup',
      subscription_data: undefined,
      setup_intent_data: { metadata: { customer_id: customer.id } },
    });
    setup.sandbox.stripe.checkouts.pay(id);
    const { object } = await receiver.has('checkout.session.completed');
    const intent = await sdk.setupIntents.retrieve(object.setup_intent);
    expect(intent).toMatchObject({ status: 'succeeded', metadata: { customer_id: customer.id } });
    const method = await sdk.paymentMethods.attach(intent.payment_method as string, {
      customer: customer.id,
    });
    expect(method.card?.last4).toBe('4242');
  });
});

describe('a subscription', () => {
  test('renews, fails, recovers, is cancelled, kept, moved and ended', async () => {
    const { subscriptions } = setup.sandbox.stripe;
    const id = await subscribe();
    const first = subscriptions.get(id);
    await forget();

    const renewed = subscriptions.renew(id);
    expect(renewed.current_period_start).toBe(first.current_period_end);
    expect(await receiver.has('invoice.payment_succeeded')).toMatchObject({
      object: { billing_reason: 'subscription_cycle', amount_paid: 500, subscription: id },
    });

    expect(subscriptions.failPayment(id).status).toBe('past_due');
    expect((await receiver.has('invoice.payment_failed')).object.paid).toBe(false);
    expect(subscriptions.recover(id).status).toBe('active');

    await forget();
    const metadata = { cancellation_reason: 'Too many letters' };
    await sdk.subscriptions.update(id, { cancel_at_period_end: true, metadata });
    expect(subscriptions.get(id)).toMatchObject({ cancel_at_period_end: true, status: 'active' });
    const updated = await receiver.has('customer.subscription.updated');
    expect(updated.object.metadata).toMatchObject({ attribution_id: 'post', ...metadata });
    expect(updated.previous).toMatchObject({ cancel_at_period_end: false, canceled_at: null });
    expect(receiver.types()).toEqual(['customer.subscription.updated']);
    await sdk.subscriptions.update(id, { cancel_at_period_end: false });
    expect(subscriptions.get(id)).toMatchObject({ cancel_at_period_end: false, canceled_at: null });

    const { yearly } = await createTier(sdk);
    const [item] = subscriptions.get(id).items.data;
    await sdk.subscriptions.update(id, { items: [{ id: item?.id as string, price: yearly.id }] });
    expect(subscriptions.get(id).plan).toMatchObject({ interval: 'year', amount: 5_000 });

    await sdk.subscriptions.cancel(id);
    expect(await statusOf(id)).toBe('canceled');
    expect((await receiver.has('customer.subscription.deleted')).object.id).toBe(id);
    expect(() => subscriptions.renew(id)).toThrow(/No such subscription/);
  });

  test('that is to end at the end of its period ends there', async () => {
    const { subscriptions } = setup.sandbox.stripe;
    const id = await subscribe();
    subscriptions.cancel(id);
    await forget();
    expect(subscriptions.renew(id).status).toBe('canceled');
    await receiver.has('customer.subscription.deleted');
    expect(receiver.types()).not.toContain('invoice.payment_succeeded');
  });

  test('is driven over HTTP as well', async () => {
    const { stripe } = setup.sandbox;
    const id = await subscribe();
    const step = async (name: string, body: object = {}) => {
      const response = await fetch(`${stripe.url}/dashboard/subscriptions/${id}/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(body),
      });
      return (await response.json()) as { status: string };
    };
    expect((await step('fail-payment')).status).toBe('past_due');
    expect((await step('recover')).status).toBe('active');
    const { yearly } = await createTier(sdk);
    expect(await step('change-plan', { price: yearly.id })).toMatchObject({
      plan: { id: yearly.id },
    });
    expect((await step('cancel-now')).status).toBe('canceled');
    expect(await step('dance')).toMatchObject({
      error: { message: 'The sandbox does not implement the step dance' },
    });
  });

  test('can be paid back', async () => {
    await subscribe();
    const { object } = await receiver.has('invoice.payment_succeeded');
    await sdk.refunds.create({ charge: object.charge });
    expect((await receiver.has('charge.refunded')).object).toMatchObject({
      refunded: true,
      amount_refunded: 500,
    });
  });
});

test('events have every field, of the same kind, that the recorded ones have', async () => {
  const { stripe } = setup.sandbox;
  const id = await subscribe();
  stripe.subscriptions.failPayment(id);
  stripe.subscriptions.cancelNow(id);
  await receiver.has('customer.subscription.deleted');
  const pairs = {
    'customer.subscription.created': '01-customer.subscription.created.incomplete',
    'invoice.payment_succeeded': '02-invoice.payment_succeeded.first',
    'customer.subscription.updated': '03-customer.subscription.updated.incomplete-to-active',
    'checkout.session.completed': '04-checkout.session.completed.subscription',
    'invoice.payment_failed': '07-invoice.payment_failed',
    'customer.subscription.deleted': '12-customer.subscription.deleted',
  };
  for (const [type, name] of Object.entries(pairs)) {
    const ours = receiver.taken.find((event) => event.type === type)?.object;
    expect([type, missingFields(recorded(name).data.object, ours)]).toEqual([type, []]);
  }
});

/** Paths that `wanted` has and `given` lacks or has as something else; what may be null is not compared. */
function missingFields(wanted: unknown, given: unknown, path = ''): string[] {
  if (wanted === null || given === null) return given === undefined ? [path] : [];
  if (Array.isArray(wanted)) {
    if (!Array.isArray(given)) return [path];
    return wanted.length === 0 || given.length === 0
      ? []
      : missingFields(wanted[0], given[0], `${path}[]`);
  }
  if (typeof wanted !== typeof given) return [path];
  // Free text by name is the caller's own.
  if (typeof wanted !== 'object' || path.endsWith('metadata')) return [];
  return Object.entries(wanted).flatMap(([key, value]) =>
    missingFields(value, (given as Record<string, unknown>)[key], `${path}.${key}`),
  );
}
