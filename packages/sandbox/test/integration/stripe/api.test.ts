import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createCheckout,
  createTier,
  type StripeWithSdk,
  startStripeWithSdk,
} from '../../fixtures/stripe-with-sdk.ts';

let setup: StripeWithSdk;
let sdk: Stripe;

beforeAll(async () => {
  setup = await startStripeWithSdk();
  sdk = setup.sdk;
});
afterAll(() => setup[Symbol.asyncDispose]());

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Stripe.errors.StripeError) => error,
  );

const sdkWith = (key: string) => {
  const { hostname, port } = new URL(setup.sandbox.stripe.url);
  return new Stripe(key, { host: hostname, port: Number(port), protocol: 'http' });
};

test('a key that may not see webhook endpoints is told from a wrong one', async () => {
  const restricted = sdkWith(setup.sandbox.stripe.restrictedKey);
  expect(await failure(restricted.webhookEndpoints.list())).toMatchObject({
    type: 'StripePermissionError',
    message: expect.stringContaining("the 'rak_webhook_read' permission"),
  });
  expect((await restricted.customers.list()).object).toBe('list');
  expect(await failure(sdkWith('sk_test_wrong').webhookEndpoints.list())).toMatchObject({
    type: 'StripeAuthenticationError',
  });
});

test('an account has no more endpoints than it may have', async () => {
  setup.sandbox.stripe.settings.set({ endpointLimit: 1 });
  const make = () =>
    sdk.webhookEndpoints.create({ url: 'https://a.example/', enabled_events: ['*'] });
  const { id } = await make();
  expect(await failure(make())).toMatchObject({ type: 'StripeInvalidRequestError' });
  await sdk.webhookEndpoints.del(id);
  setup.sandbox.stripe.settings.set({ endpointLimit: 16 });
});

describe("Stripe's SDK finds", () => {
  test('products and prices as it made them', async () => {
    const { product, monthly } = await createTier(sdk);
    expect(await sdk.products.retrieve(product.id)).toMatchObject({ name: 'Bronze', active: true });
    expect(await sdk.prices.retrieve(monthly.id)).toMatchObject({
      unit_amount: 500,
      type: 'recurring',
      recurring: { interval: 'month', interval_count: 1 },
    });
    await sdk.prices.update(monthly.id, { active: false, nickname: 'Old' });
    expect(await sdk.prices.retrieve(monthly.id)).toMatchObject({ active: false, nickname: 'Old' });
  });

  test('a customer by id and by e-mail, with its subscriptions only when asked', async () => {
    const { monthly } = await createTier(sdk);
    const { id } = await sdk.customers.create({ email: 'found@example.com', name: 'Found' });
    const { data } = await sdk.customers.search({ query: 'email:"found@example.com"' });
    expect(data.map((customer) => customer.id)).toEqual([id]);
    const subscription = await sdk.subscriptions.create({
      customer: id,
      items: [{ price: monthly.id }],
    });
    expect(await sdk.customers.retrieve(id)).not.toHaveProperty('subscriptions');
    const expand = ['subscriptions.data.default_payment_method', 'subscriptions'];
    const expanded = (await sdk.customers.retrieve(id, { expand })) as Stripe.Customer;
    expect(expanded.subscriptions?.data.map((one) => one.id)).toEqual([subscription.id]);
  });

  test('lists page by page, newest first, both ways', async () => {
    const made: string[] = [];
    for (let at = 0; at < 5; at += 1) {
      const { id } = await sdk.coupons.create({ percent_off: 10, duration: 'once', name: `${at}` });
      made.unshift(id);
    }
    const all: string[] = [];
    for await (const coupon of sdk.coupons.list({ limit: 2 })) all.push(coupon.id);
    expect(all).toEqual(made);
    const backwards = await sdk.coupons.list({ limit: 2, ending_before: made[3] as string });
    expect(backwards.data.map(({ id }) => id)).toEqual([made[1], made[2]]);
    expect(backwards.has_more).toBe(true);
  });

  test('the account', async () => {
    expect(await sdk.accounts.retrieveCurrent()).toMatchObject({ object: 'account' });
  });

  test('the portal and its configuration', async () => {
    const { id } = await sdk.customers.create({ email: 'portal@example.com' });
    const configuration = await sdk.billingPortal.configurations.create({
      features: { invoice_history: { enabled: true } },
    });
    await sdk.billingPortal.configurations.update(configuration.id, {
      default_return_url: 'https://x',
    });
    const session = await sdk.billingPortal.sessions.create({
      customer: id,
      configuration: configuration.id,
      return_url: 'https://blog.example.com/',
    });
    const page = await fetch(session.url);
    expect(await page.text()).toContain('Subscriptions of portal@example.com');
  });
});

describe('refusals', () => {
  test('an unknown id is a missing resource', async () => {
    const error = await failure(sdk.subscriptions.retrieve('sub_none'));
    expect(error).toMatchObject({
      type: 'StripeInvalidRequestError',
      code: 'resource_missing',
      statusCode: 404,
      message: "No such subscription: 'sub_none'",
    });
  });

  test('a wrong key is an authentication error, and is not repeated whole', async () => {
    const { hostname, port } = new URL(setup.sandbox.stripe.url);
    const stranger = new Stripe('sk_test_of_somebody_else', {
      host: hostname,
      port,
      protocol: 'http',
    });
    const error = await failure(stranger.products.list());
    expect(error?.type).toBe('StripeAuthenticationError');
    expect(error?.message).not.toContain('somebody');
  });

  test('a wrong or missing parameter is named', async () => {
    const error = await failure(
      sdk.prices.create({ currency: 'dollars', product: 'p', unit_amount: 1 }),
    );
    expect(error).toMatchObject({ code: 'parameter_invalid', param: 'currency' });
    expect(await failure(createCheckout(sdk, 'price_none'))).toMatchObject({
      code: 'resource_missing',
    });
    const empty = await failure(
      sdk.checkout.sessions.create({ success_url: 'https://x' } as never),
    );
    expect(empty).toMatchObject({ code: 'parameter_missing' });
  });

  test('what the stand-in lacks it says', async () => {
    const error = await failure(sdk.topups.list());
    expect(error?.message).toBe('The sandbox has no GET /v1/topups');
    const newer = sdk.webhookEndpoints.create({
      url: 'https://x.example.com',
      enabled_events: ['*'],
      api_version: '2024-06-20',
    });
    expect((await failure(newer))?.message).toMatch(/does not implement events of version 2024/);
  });

  test('an idempotency key gives the same answer again, and refuses other parameters', async () => {
    const create = (name: string) => sdk.products.create({ name }, { idempotencyKey: 'key-1' });
    const first = await create('Once');
    expect((await create('Once')).id).toBe(first.id);
    expect((await failure(create('Twice')))?.type).toBe('StripeIdempotencyError');
  });
});

test('the faults of the frame reach the API and leave the pages alone', async () => {
  const { stripe } = setup.sandbox;
  const { monthly } = await createTier(sdk);
  const checkout = await createCheckout(sdk, monthly.id);
  const body = { error: { type: 'api_error', message: 'Down for a while.' } };
  stripe.faults.set([{ fault: { status: 503, body } }]);
  expect((await failure(sdk.products.list({}, { maxNetworkRetries: 0 })))?.statusCode).toBe(503);
  expect((await fetch(checkout.url as string)).status).toBe(200);
  stripe.faults.clear();

  // The answer is lost after the product was made; the SDK's own retry must not make a second.
  stripe.faults.set([{ match: { method: 'POST', times: 1 }, fault: { dropAfterAccept: true } }]);
  await sdk.products.create({ name: 'Answer lost' }, { maxNetworkRetries: 2 });
  stripe.faults.clear();
  const names = (await sdk.products.list({ limit: 100 })).data.map(({ name }) => name);
  expect(names.filter((name) => name === 'Answer lost')).toHaveLength(1);
});
