import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { type GhostWithStripe, startGhostWithStripe } from '../fixtures/ghost-with-stripe.ts';
import { freePort, type InboxProcess, runVerb, spawnInbox } from '../fixtures/inbox-process.ts';
import { inboxEnv, jobCounts, readMetric } from '../fixtures/running-inbox.ts';

const { soak, seed } = inject('proof');
const random = seededRandom(seed);

let site: GhostWithStripe;
let inbox: InboxProcess;
let env: Record<string, string>;

beforeAll(async () => {
  site = await startGhostWithStripe();
  const { stripe } = site.sandbox;
  env = inboxEnv(site.ghost.listenUrl, {
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    PROSORA_STRIPE_PORT: String(await freePort()),
    PROSORA_STRIPE_LEASE_MS: '1000',
  });
  inbox = await spawnInbox(env);
  stripe.addWebhook({ url: inbox.url });
});
afterAll(async () => {
  await inbox?.end('SIGKILL');
  await site?.[Symbol.asyncDispose]();
});

/** Resolves once Stripe has nothing more to send and Ghost nothing more to get. */
const quiet = () =>
  vi.waitFor(
    async () => {
      expect(site.sandbox.stripe.pendingWebhooks()).toBe(0);
      const { waiting, ready, delayed, aside, leased } = await jobCounts(inbox.privateUrl);
      expect([waiting, ready, delayed, aside, leased]).toEqual(Array(5).fill(undefined));
    },
    { timeout: soak ? 600_000 : 60_000, interval: 200 },
  );
const subscriptionOf = (email: string) => {
  const { stripe } = site.sandbox;
  const customer = stripe.customers().find((one) => one.email === email);
  return stripe.subscriptions.list().find((one) => one.customer === customer?.id)?.id as string;
};

test('doctor finds the whole way well', async () => {
  const { code, stdout } = await runVerb(env, ['doctor']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('✔ Ghost: It takes')]);
});

test("a reader who pays at Ghost's own checkout is a paid member with one payment", async () => {
  const checkout = await site.beginCheckout('ada@example.com');
  await site.pay(checkout, 'Ada Lovelace');
  await quiet();
  expect(await site.statusOf('ada@example.com')).toBe('paid');
  expect(await site.counts()).toEqual({ payments: 1, subscriptions: 1, changes: 1 });
});

test('the same events sent again change nothing', async () => {
  const { stripe } = site.sandbox;
  for (const { id } of stripe.events()) stripe.resend(id);
  await quiet();
  const duplicates = await readMetric(inbox.privateUrl, 'events_total{outcome="duplicate"');
  expect(Number(duplicates[0]?.split(' ').at(-1))).toBe(stripe.events().length);
  expect(await site.counts()).toEqual({ payments: 1, subscriptions: 1, changes: 1 });
});

test('renewal, failed payment and end reach Ghost', async () => {
  const { subscriptions } = site.sandbox.stripe;
  const id = subscriptionOf('ada@example.com');
  subscriptions.renew(id);
  await quiet();
  expect(await site.counts()).toMatchObject({ payments: 2, subscriptions: 1 });
  subscriptions.failPayment(id);
  await quiet();
  expect(await site.statusOf('ada@example.com')).toBe('paid');
  subscriptions.cancelNow(id);
  await quiet();
  expect(await site.statusOf('ada@example.com')).toBe('free');
});

test('payments while Ghost is down arrive when it is back, each once', async () => {
  const emails = ['grace@example.com', 'alan@example.com', 'edsger@example.com'];
  const checkouts = [];
  for (const email of emails) checkouts.push(await site.beginCheckout(email));
  const before = await site.counts();
  await site.ghost.stop();
  for (const checkout of checkouts) await site.pay(checkout, 'A Reader');
  await vi.waitFor(() => expect(site.sandbox.stripe.pendingWebhooks()).toBe(0), {
    timeout: 10_000,
  });
  if (soak) await delay(60_000);
  await site.ghost.restart();
  await quiet();
  for (const email of emails) expect([email, await site.statusOf(email)]).toEqual([email, 'paid']);
  expect(await site.counts()).toEqual({
    payments: Number(before.payments) + 3,
    subscriptions: Number(before.subscriptions) + 3,
    changes: Number(before.changes) + 3,
  });
});

test('an inbox killed while events arrive and leave loses none and doubles no payment', async () => {
  const kills = soak ? 50 : 3;
  const before = Number((await site.counts()).payments);
  for (let kill = 0; kill < kills; kill += 1) {
    const email = `killed-${kill}@example.com`;
    await site.pay(await site.beginCheckout(email), 'A Reader');
    // Up for a second on average: Stripe's waits double, so a mostly dead inbox would test only those.
    await delay(random() * 2_000);
    await inbox.end('SIGKILL');
    inbox = await spawnInbox(env);
  }
  await quiet();
  const { ambiguous = 0 } = await jobCounts(inbox.privateUrl);
  const payments = Number((await site.counts()).payments) - before;
  // An invoice that was on its way when the process died is held, whether Ghost has counted it or not.
  expect(payments).toBeLessThanOrEqual(kills);
  expect(payments + ambiguous).toBeGreaterThanOrEqual(kills);
  for (let kill = 0; kill < kills; kill += 1) {
    expect(await site.statusOf(`killed-${kill}@example.com`)).toBe('paid');
  }
});
