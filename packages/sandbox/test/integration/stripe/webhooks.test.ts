import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createCheckout,
  createTier,
  type Receiver,
  type StripeWithSdk,
  startReceiver,
  startStripeWithSdk,
} from '../../fixtures/stripe-with-sdk.ts';

let setup: StripeWithSdk;
let receiver: Receiver;

beforeEach(async () => {
  setup = await startStripeWithSdk();
  receiver = await startReceiver(setup.sandbox.stripe.webhookSecret);
});
afterEach(async () => {
  await setup[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const none = () =>
  vi.waitFor(() => expect(setup.sandbox.stripe.pendingWebhooks()).toBe(0), { timeout: 5_000 });
const makeCustomer = (email: string) => setup.sdk.customers.create({ email });

describe('webhooks', () => {
  test('go to endpoints made through the API, signed with the secret it showed once', async () => {
    const { sdk } = setup;
    const endpoint = await sdk.webhookEndpoints.create({
      url: `${receiver.url}/placeholder`,
      enabled_events: ['customer.created'],
      api_version: '2020-08-27' as never,
    });
    await using own = await startReceiver(endpoint.secret as string);
    await sdk.webhookEndpoints.update(endpoint.id, { url: own.url });
    expect(await sdk.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty('secret');
    const { id } = await makeCustomer('one@example.com');
    await sdk.customers.update(id, { name: 'Renamed' });
    const event = await own.has('customer.created');
    expect(event).toMatchObject({ apiVersion: '2020-08-27', object: { id } });
    await none();
    expect(own.types()).toEqual(['customer.created']);

    await sdk.webhookEndpoints.del(endpoint.id);
    await makeCustomer('two@example.com');
    await none();
    expect(own.taken).toHaveLength(1);
  });

  test('are tried again, each time with a signature of its own, until they are taken', async () => {
    setup.sandbox.stripe.addWebhook({ url: receiver.url });
    receiver.answers.push(500, 301, 200);
    await makeCustomer('again@example.com');
    await none();
    expect(new Set(receiver.taken.map(({ id }) => id)).size).toBe(1);
    expect(
      setup.sandbox.stripe.webhookAttempts().map(({ attempt, status }) => [attempt, status]),
    ).toEqual([
      [1, 500],
      [2, 301],
      [3, 200],
    ]);
  });

  test('are given up after their last attempt, and can be sent again by hand', async () => {
    const { stripe } = setup.sandbox;
    stripe.settings.set({ webhookRetries: 1 });
    stripe.addWebhook({ url: receiver.url });
    receiver.answers.push(500, 500);
    await makeCustomer('lost@example.com');
    await none();
    expect(receiver.taken).toHaveLength(2);
    stripe.resend(stripe.events()[0]?.id as string);
    await none();
    expect(receiver.taken).toHaveLength(3);
  });

  test('can come twice and in any order', async () => {
    const { stripe } = setup.sandbox;
    stripe.settings.set({ webhookDuplicates: true, webhookShuffleMs: 300 });
    stripe.addWebhook({ url: receiver.url });
    for (let at = 0; at < 12; at += 1) await makeCustomer(`${at}@example.com`);
    await none();
    const order = receiver.taken.map(({ object }) => Number.parseInt(object.email, 10));
    expect(order.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 24 }, (_, at) => Math.floor(at / 2)),
    );
    const firsts = [...new Set(order)];
    expect(firsts).not.toEqual(firsts.toSorted((a, b) => a - b));
  });

  test('wait while they are paused', async () => {
    const { stripe } = setup.sandbox;
    stripe.settings.set({ webhooksPaused: true });
    stripe.addWebhook({ url: receiver.url });
    await makeCustomer('paused@example.com');
    expect([stripe.pendingWebhooks(), receiver.taken]).toEqual([1, []]);
    stripe.settings.set({ webhooksPaused: false });
    await none();
    expect(receiver.taken).toHaveLength(1);
  });

  test('that were not taken go on after a restart', async () => {
    const { dataDir } = setup;
    receiver.answers.push(500, 500, 500);
    setup.sandbox.stripe.settings.set({ webhookRetryMs: 100 });
    setup.sandbox.stripe.addWebhook({ url: receiver.url });
    await makeCustomer('restart@example.com');
    await receiver.has('customer.created');
    await setup.sandbox.close();
    await using after = await startStripeWithSdk({ dataDir });
    await vi.waitFor(() => expect(after.sandbox.stripe.pendingWebhooks()).toBe(0), {
      timeout: 5_000,
    });
    expect(receiver.answers).toEqual([]);
    expect(after.sandbox.stripe.customers()[0]?.email).toBe('restart@example.com');
  });
});

describe('events', () => {
  test('are listed as they were sent, by type', async () => {
    const { sdk } = setup;
    const { monthly } = await createTier(sdk);
    const { id } = await createCheckout(sdk, monthly.id);
    setup.sandbox.stripe.checkouts.pay(id);
    const { data } = await sdk.events.list({ types: ['checkout.session.completed'] });
    expect(data.map((event) => event.type)).toEqual(['checkout.session.completed']);
    expect(await sdk.events.retrieve(data[0]?.id as string)).toMatchObject({ object: 'event' });
  });

  test('are gone after a reset, with everything else', async () => {
    const { stripe } = setup.sandbox;
    await makeCustomer('gone@example.com');
    stripe.addWebhook({ url: receiver.url });
    await setup.sandbox.reset();
    expect([stripe.events(), stripe.customers()]).toEqual([[], []]);
    await makeCustomer('new@example.com');
    await none();
    expect(receiver.taken).toEqual([]);
  });
});
