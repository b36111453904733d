import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openStripeAccount } from '../../src/account/stripe.ts';
import {
  type GhostWithStripe,
  startGhostWithStripe,
  untilSettled,
} from '../fixtures/ghost-with-stripe.ts';
import { freePort, type InboxProcess, spawnInbox } from '../fixtures/inbox-process.ts';
import { inboxEnv, jobCounts, readMetric, send } from '../fixtures/running-inbox.ts';

/*
 * An inbox that stands unseen in front of a Ghost which made its own endpoint at Stripe: it reads the secret that
 * Ghost got, and Ghost takes what it signs.
 */

let site: GhostWithStripe;
let inbox: InboxProcess;

const atStripe = () => {
  const { secretKey: key, url } = site.sandbox.stripe;
  return openStripeAccount({ key, url });
};
const secretInGhost = async () => {
  const query = "SELECT value FROM settings WHERE `key` = 'members_stripe_webhook_secret'";
  return String((await site.ghost.sql<{ value: string }>(query))[0]?.value ?? '');
};
const isPaid = (email: string) =>
  vi.waitFor(async () => expect(await site.statusOf(email)).toBe('paid'), {
    timeout: 100_000,
    interval: 200,
  });
const settled = () => untilSettled(site, inbox);
const refusals = () => readMetric(inbox.privateUrl, 'ghost_answers_total{status="401"');

beforeAll(async () => {
  const port = await freePort();
  const webhookUrl = `http://127.0.0.1:${port}/members/webhooks/stripe/`;
  site = await startGhostWithStripe({ webhookUrl });
  await vi.waitFor(async () => expect(await secretInGhost()).not.toBe(''), 20_000);
  inbox = await spawnInbox({
    ...inboxEnv(site.ghost.listenUrl),
    STRIPE_WEBHOOK_SECRET: '',
    PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: '',
    PROSORA_STRIPE_GHOST_DATABASE: site.ghost.databaseFile ?? '',
    PROSORA_STRIPE_PORT: String(port),
    PROSORA_STRIPE_LEASE_MS: '1000',
  });
});
afterAll(async () => {
  await inbox?.end('SIGKILL');
  await site?.[Symbol.asyncDispose]();
});

test('Ghost takes what is signed with the secret that was read in its database', async () => {
  await site.pay(await site.beginCheckout('ada@example.com'), 'A Reader');
  await isPaid('ada@example.com');
  await settled();
  expect(await refusals()).toEqual([]);
  expect(await site.counts()).toMatchObject({ payments: 1, subscriptions: 1 });
});

test('an event of more than Ghost takes goes with what Ghost reads of it, and counts', async () => {
  const recorded = site.sandbox.stripe
    .events()
    .find(({ type }) => type === 'invoice.payment_succeeded');
  const invoice = { ...recorded?.data.object, id: 'in_large', note: 'x'.repeat(150_000) };
  const large = { ...recorded, id: 'evt_large', data: { object: invoice } };
  expect(await send(inbox.url, large, await secretInGhost())).toBe(200);
  await settled();
  expect(await site.counts()).toMatchObject({ payments: 2 });
});

test('what waited while Ghost got another secret is refused, signed with that one, and taken', async () => {
  const checkout = await site.beginCheckout('grace@example.com');
  const before = await secretInGhost();
  // Not stopped: with a remote endpoint in development Ghost deletes it then.
  await site.ghost.kill();
  await site.pay(checkout, 'A Reader');
  await vi.waitFor(
    async () => {
      const { done: _, superseded: __, ...open } = await jobCounts(inbox.privateUrl);
      const waiting = Object.values(open).reduce((sum, jobs) => sum + jobs, 0);
      expect([waiting > 2, site.sandbox.stripe.pendingWebhooks()]).toEqual([true, 0]);
    },
    { timeout: 20_000 },
  );
  for (const { id } of await atStripe().endpoints()) await atStripe().deleteEndpoint(id);
  await site.ghost.restart();
  await vi.waitFor(async () => expect(await secretInGhost()).not.toBe(before), 20_000);
  await isPaid('grace@example.com');
  expect(await refusals()).toHaveLength(1);

  await site.pay(await site.beginCheckout('alan@example.com'), 'A Reader');
  await isPaid('alan@example.com');
  await settled();
  expect(await site.counts()).toMatchObject({ payments: 4, subscriptions: 3 });
});
