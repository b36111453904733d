import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { hasTestServer, startTestServer } from '@prosora/durable/testing';
import { seededRandom } from '@prosora/service/testing';
import { describe, expect, inject, test, vi } from 'vitest';
import { mrrOf } from '../../src/index.ts';
import { type GhostWithStripe, startGhostWithStripe } from '../fixtures/ghost-with-stripe.ts';
import { freePort, type InboxProcess, spawnInbox } from '../fixtures/inbox-process.ts';
import { inboxEnv, jobCounts } from '../fixtures/running-inbox.ts';
import { signUpAt } from '../fixtures/stripe-account.ts';

/*
 * Readers live through random lives at Stripe while everything fails that can; at the end Ghost holds what
 * Stripe holds. On SQLite in `npm test`, on MariaDB as well in the soak.
 */

const { soak, seed } = inject('proof');
const size = soak
  ? { customers: 200, kills: 20, restarts: 3, outageMs: 60_000 }
  : { customers: 10, kills: 2, restarts: 1, outageMs: 2_000 };
const patience = { timeout: soak ? 1_800_000 : 150_000, interval: 500 };

const databases = soak && hasTestServer ? (['SQLite', 'MariaDB'] as const) : (['SQLite'] as const);

describe.each(databases)('on %s', (database) => {
  test(`${size.customers} readers, events shuffled and repeated, the inbox killed ${size.kills} times, Ghost restarted ${size.restarts} times, Stripe's API away for ${size.outageMs / 1000} s: Ghost holds what Stripe holds`, async () => {
    await using stack = new AsyncDisposableStack();
    const mysql = database === 'MariaDB' ? await mariadb(stack) : undefined;
    const site = stack.use(await startGhostWithStripe(mysql ? { mysql } : {}));
    const { stripe } = site.sandbox;
    const random = seededRandom(seed);
    const env = inboxEnv(site.ghost.listenUrl, {
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      GHOST_ADMIN_API_KEY: site.adminKey,
      PROSORA_STRIPE_PORT: String(await freePort()),
      PROSORA_STRIPE_LEASE_MS: '1000',
      PROSORA_STRIPE_GHOST_TIMEOUT_MS: '8000',
    });
    let inbox: InboxProcess = await spawnInbox(env);
    stack.defer(async () => void (await inbox.end('SIGKILL')));
    stripe.addWebhook({ url: inbox.url });
    stripe.settings.set({
      webhookShuffleMs: soak ? 4_000 : 500,
      webhookDuplicates: true,
      webhookRetries: 200,
      webhookRetryMs: 100,
    });
    const price = await priceOfTier(site);

    const lives = liveThrough(site, price, random);
    const trouble = (async () => {
      const steps = Array.from({ length: size.kills }, (_, at) => at);
      const restartAt = (at: number) =>
        at % Math.ceil(size.kills / size.restarts) === 0 && at / size.kills < 1;
      for (const step of steps) {
        await delay(random() * (soak ? 4_000 : 1_500));
        await inbox.end('SIGKILL');
        if (step === Math.floor(size.kills / 2)) {
          stripe.faults.set([{ match: { path: '^/v1/' }, fault: { status: 503 } }]);
          setTimeout(() => stripe.faults.clear(), size.outageMs);
        }
        inbox = await spawnInbox(env);
        if (restartAt(step)) await site.ghost.restart();
      }
    })();
    await Promise.all([lives, trouble]);
    stripe.faults.clear();

    await vi.waitFor(async () => {
      expect(stripe.pendingWebhooks()).toBe(0);
      const { done = 0, superseded = 0, ...others } = await jobCounts(inbox.privateUrl);
      expect([others, done + superseded > 0]).toEqual([{}, true]);
    }, patience);

    const held = await heldByGhost(site);
    const wanted = heldByStripe(site);
    expect(held).toEqual(wanted);
    console.log(
      `${database}: ${wanted.length} readers, ${stripe.events().length} events, ${size.kills} kills, ${size.restarts} restarts; members, subscriptions and payments equal (seed ${seed})`,
    );
    expect(await inbox.end('SIGTERM')).toBe(0);
  });
});

async function mariadb(stack: AsyncDisposableStack) {
  const server = stack.use(await startTestServer());
  const place = await server.place('ghost');
  const name = new URL(place.mysql).pathname.slice(1);
  return {
    ...('socketPath' in place && { socketPath: place.socketPath }),
    user: userInfo().username,
    password: '',
    database: name,
  };
}

/** Ghost makes the product and the price at Stripe with its first checkout. */
async function priceOfTier(site: GhostWithStripe): Promise<string> {
  const url = await site.beginCheckout('first@example.com');
  const id = url.split('/').at(-1) ?? '';
  await site.pay(url, 'First Reader');
  const { sandbox } = site;
  const subscription = sandbox.stripe.subscriptions
    .list()
    .find((it) => it.id === sandbox.stripe.checkouts.get(id).subscription);
  return subscription?.items.data[0]?.price.id ?? '';
}

async function liveThrough(
  { sandbox }: GhostWithStripe,
  price: string,
  random: () => number,
): Promise<void> {
  const { stripe } = sandbox;
  const { subscriptions } = stripe;
  const begin = (email: string) => signUpAt(stripe, price, { email, name: 'A Reader' });
  const steps = [
    (id: string) => subscriptions.renew(id),
    (id: string) => subscriptions.cancel(id),
    (id: string) => subscriptions.resume(id),
    (id: string) => subscriptions.failPayment(id),
    (id: string) => subscriptions.recover(id),
    (id: string) => subscriptions.cancelNow(id),
    (id: string) => subscriptions.renew(id),
  ];
  const alive: string[] = [];
  for (let number = 0; number < size.customers; number += 1) {
    alive.push(begin(`reader-${number}@example.com`));
    for (let step = 0; step < 3; step += 1) {
      const id = alive[Math.floor(random() * alive.length)] as string;
      if (subscriptions.get(id).status === 'canceled') continue;
      steps[Math.floor(random() * steps.length)]?.(id);
      // Some events come a third time.
      const event = stripe.events()[Math.floor(random() * 20)];
      if (event && random() < 0.3) stripe.resend(event.id);
    }
    await delay(random() * (soak ? 400 : 200));
  }
}

interface Held {
  email: string;
  status: string;
  subscription: string;
  isEnding: boolean;
  mrr: number;
  payments: number;
  paid: number;
  mrrEvents: number;
}

const ACCESS = ['active', 'trialing', 'past_due', 'unpaid'];

function heldByStripe({ sandbox }: GhostWithStripe): Held[] {
  const { stripe } = sandbox;
  const invoices = stripe
    .events()
    .filter(({ type }) => type === 'invoice.payment_succeeded')
    .map(({ data }) => data.object as { customer: string; amount_paid: number })
    .filter(({ amount_paid }) => amount_paid > 0);
  return stripe.subscriptions
    .list()
    .map((subscription): Held => {
      const { customer, status, cancel_at_period_end: isEnding } = subscription;
      const email = stripe.customers().find(({ id }) => id === customer)?.email ?? '';
      const own = invoices.filter((invoice) => invoice.customer === customer);
      const mrr = mrrOf(subscription as never);
      return {
        email,
        status: ACCESS.includes(status) ? 'paid' : 'free',
        subscription: status,
        isEnding,
        mrr,
        payments: own.length,
        paid: own.reduce((sum, { amount_paid }) => sum + amount_paid, 0),
        mrrEvents: mrr,
      };
    })
    .sort(byEmail);
}

async function heldByGhost({ ghost }: GhostWithStripe): Promise<Held[]> {
  const rows = await ghost.sql<Record<string, string | number>>(
    `SELECT m.email, m.status, s.status AS subscription, s.cancel_at_period_end AS ending, s.mrr,
       (SELECT count(*) FROM members_payment_events p WHERE p.member_id = m.id) AS payments,
       (SELECT coalesce(sum(p.amount), 0) FROM members_payment_events p WHERE p.member_id = m.id) AS paid,
       (SELECT coalesce(sum(e.mrr_delta), 0) FROM members_paid_subscription_events e WHERE e.member_id = m.id) AS deltas
     FROM members m
     JOIN members_stripe_customers c ON c.member_id = m.id
     JOIN members_stripe_customers_subscriptions s ON s.customer_id = c.customer_id`,
  );
  return rows
    .map((row) => ({
      email: String(row['email']),
      status: String(row['status']),
      subscription: String(row['subscription']),
      isEnding: Boolean(row['ending']),
      mrr: Number(row['mrr']),
      payments: Number(row['payments']),
      paid: Number(row['paid']),
      mrrEvents: Number(row['deltas']),
    }))
    .sort(byEmail);
}

function byEmail(one: Held, other: Held): number {
  return one.email < other.email ? -1 : 1;
}
