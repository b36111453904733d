import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { compare } from '../../../src/account/compare.ts';
import { repair } from '../../../src/account/repair.ts';
import { openStripeAccount } from '../../../src/account/stripe.ts';
import { createGhostAdmin } from '../../../src/deliver/ghost-admin.ts';
import { openInbox } from '../../../src/inbox/open-inbox.ts';
import { mrrOf } from '../../../src/index.ts';
import { eventLike } from '../../fixtures/events.ts';
import { HOP_SECRET } from '../../fixtures/ghost-target.ts';
import {
  type GhostWithStripe,
  startGhostWithStripe,
  untilSettled,
} from '../../fixtures/ghost-with-stripe.ts';
import { freePort, type InboxProcess, runVerb, spawnInbox } from '../../fixtures/inbox-process.ts';
import { openTestInbox } from '../../fixtures/open-test-inbox.ts';
import { inboxEnv, readMetric, send } from '../../fixtures/running-inbox.ts';

/*
 * An inbox, a Ghost and an account at Stripe from the first day: takeover, a change of both secrets while
 * payments come in, what a reconcile finds and repairs, what Ghost tells of a payment in doubt.
 */

/** How long it is from one payment to the next. */
const PACE_MS = inject('proof').soak ? 150 : 400;

let site: GhostWithStripe;
let inbox: InboxProcess;
let env: Record<string, string>;

const verb = (...args: string[]) => runVerb(env, args);
const settled = () => untilSettled(site, inbox);
const signUp = async (email: string) => site.pay(await site.beginCheckout(email), 'A Reader');
const subscriptionOf = (email: string) => {
  const { stripe } = site.sandbox;
  const customer = stripe.customers().find((one) => one.email === email);
  return stripe.subscriptions.list().find((one) => one.customer === customer?.id)?.id as string;
};
const ghostLine = (printed: string) => /^WEBHOOK_SECRET=(\S+)$/m.exec(printed)?.[1] ?? '';

beforeAll(async () => {
  site = await startGhostWithStripe();
  const { stripe } = site.sandbox;
  const port = await freePort();
  const {
    STRIPE_WEBHOOK_SECRET: _,
    PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: __,
    ...own
  } = inboxEnv(site.ghost.listenUrl, {
    STRIPE_SECRET_KEY: stripe.secretKey,
    PROSORA_STRIPE_API_URL: stripe.url,
    PROSORA_STRIPE_PORT: String(port),
    PROSORA_STRIPE_PUBLIC_URL: `http://127.0.0.1:${port}/members/webhooks/stripe/`,
    GHOST_ADMIN_API_KEY: site.adminKey,
  });
  env = own;
});
afterAll(async () => {
  await inbox?.end('SIGKILL');
  await site?.[Symbol.asyncDispose]();
});

describe('takeover', () => {
  test('makes the endpoint, prints the line that Ghost needs, and is enough to serve', async () => {
    const first = await verb('takeover');
    expect([first.code, first.stderr]).toEqual([0, '']);
    const secret = ghostLine(first.stdout);
    expect(secret).toMatch(/^whsec_[0-9a-f]{48}$/);
    const again = await verb('takeover');
    expect(ghostLine(again.stdout)).toBe(secret);

    inbox = await spawnInbox(env);
    const early = await verb('doctor');
    expect(early.stdout).toMatch(/✘ Ghost: .* answers 401/);
    expect(early.stdout).toMatch(/✔ way from outside: http:.* leads to the inbox/);
    await site.ghost.restart({ env: { WEBHOOK_SECRET: secret } });
    const well = await verb('doctor');
    expect([well.code, well.stdout.match(/✘.*/g)]).toEqual([0, null]);
    expect(well.stdout).toMatch(/✔ endpoint at Stripe: Stripe sends by we_\w+ what Ghost reads/);
    await signUp('ada@example.com');
    await settled();
    expect(await site.statusOf('ada@example.com')).toBe('paid');
  });

  test("deletes Ghost's own endpoint only when asked, and once Ghost takes what we sign", async () => {
    const { stripe } = site.sandbox;
    const theirs = stripe.addWebhook({
      url: env['PROSORA_STRIPE_PUBLIC_URL'] ?? '',
      secret: 'whsec_of_ghosts_own_endpoint',
    });
    expect((await verb('takeover')).stdout).toContain(theirs.id);
    expect((await verb('takeover', '--finish')).stdout).toBe(`Deleted at Stripe: ${theirs.id}.\n`);
    expect((await verb('takeover', '--finish')).stdout).toBe('Deleted at Stripe: nothing.\n');
  });
});

describe('rotate, while readers pay', () => {
  const payDuring = async (name: string, change: () => Promise<void>) => {
    let done = false;
    const emails: string[] = [];
    const paying = (async () => {
      while (!done) {
        const email = `${name}-${emails.length}@example.com`;
        emails.push(email);
        await signUp(email);
        await delay(PACE_MS);
      }
    })();
    await change().finally(() => {
      done = true;
    });
    await paying;
    await settled();
    for (const email of emails) {
      expect([email, await site.statusOf(email)]).toEqual([email, 'paid']);
    }
    expect(emails.length).toBeGreaterThan(1);
  };

  test("changes Stripe's secret and loses no event", async () => {
    await payDuring('stripe', async () => {
      expect((await verb('rotate', 'stripe')).stdout).toMatch(/Stripe sends by we_\w+ as well/);
      await delay(2_500);
      // Refused for as long as an event that Stripe has sent is on its way.
      await vi.waitFor(
        async () => {
          const finished = await verb('rotate', 'stripe', '--finish');
          expect([finished.stdout, finished.stderr]).toEqual([
            expect.stringMatching(/^Deleted at Stripe: we_\w+\.\n$/),
            '',
          ]);
        },
        { timeout: 60_000, interval: 500 },
      );
      await delay(500);
    });
    const uses = await readMetric(inbox.privateUrl, 'secret_uses_total');
    expect(uses.length).toBeGreaterThanOrEqual(2);
  });

  test("changes Ghost's secret and Ghost refuses nothing", async () => {
    const before = await readMetric(inbox.privateUrl, 'ghost_answers_total{status="401"');
    let secret = '';
    await payDuring('ghost', async () => {
      secret = ghostLine((await verb('rotate', 'ghost')).stdout);
      const early = await verb('rotate', 'ghost', '--finish');
      expect([early.code, early.stderr]).toEqual([
        1,
        expect.stringContaining('does not take the new secret yet'),
      ]);
      await delay(2_000);
    });
    await site.ghost.restart({ env: { WEBHOOK_SECRET: secret } });
    await payDuring('after', async () => {
      expect((await verb('rotate', 'ghost', '--finish')).code).toBe(0);
      await delay(2_500);
    });
    expect(await readMetric(inbox.privateUrl, 'ghost_answers_total{status="401"')).toEqual(before);
  });
});

describe('reconcile', () => {
  test('finds nothing where nothing is missing', async () => {
    const found = await verb('reconcile', '--all');
    expect(found.stdout).toMatch(/\d+ events and \d+ subscriptions compared, 0 to repair\.\n$/);
  });

  test('finds an event that never came, changes nothing by itself, and repairs it once', async () => {
    const { stripe } = site.sandbox;
    stripe.settings.set({ webhooksPaused: true });
    stripe.subscriptions.renew(subscriptionOf('ada@example.com'));
    const lost = stripe.events().find(({ type }) => type === 'invoice.payment_succeeded');
    const payments = Number((await site.counts()).payments);
    const file = `${env['PROSORA_STRIPE_DATA_DIR']}/inbox.db`;
    const ours = await openInbox({ file, livemode: 'any' });
    const found = await compare({
      account: openStripeAccount({ key: stripe.secretKey, url: stripe.url }),
      inbox: ours,
      since: new Date(Date.now() - 86_400_000),
      // What is younger than a minute may still be on its way.
      now: () => Date.now() + 61_000,
    });
    expect(found.repairs.map(({ kind, id }) => [kind, id])).toContainEqual(['lost', lost?.id]);
    expect(Number((await site.counts()).payments)).toBe(payments);
    const admin = createGhostAdmin({ url: site.ghost.listenUrl, key: site.adminKey });
    const outcomes = (await repair(found.repairs, ours, admin)).map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(new Set(['sent']));
    await ours.close();
    await vi.waitFor(
      async () => expect(Number((await site.counts()).payments)).toBe(payments + 1),
      20_000,
    );
    // An inbox that has lost its data asks Ghost, and does not count what Ghost has counted.
    const { inbox: empty } = await openTestInbox();
    const payment = found.repairs.filter(({ id }) => id === lost?.id);
    expect((await repair(payment, empty, admin)).map(({ outcome }) => outcome)).toEqual([
      'counted',
    ]);
    await empty.close();
    // Stripe sends it after all.
    stripe.settings.set({ webhooksPaused: false });
    await settled();
    expect(Number((await site.counts()).payments)).toBe(payments + 1);
    expect((await verb('show', lost?.id ?? '')).stdout).toContain('from reconcile');
  });

  test('finds drift both ways and repairs it: a free rider, and a payer without access', async () => {
    const { stripe } = site.sandbox;
    await signUp('rider@example.com');
    await settled();
    const checkout = await site.beginCheckout('payer@example.com');
    stripe.settings.set({ webhooksPaused: true });
    stripe.subscriptions.cancelNow(subscriptionOf('rider@example.com'));
    await site.pay(checkout, 'A Payer');

    const dry = await verb('reconcile', '--all');
    expect(dry.stdout).toMatch(
      /stale-in-ghost .* rider@example\.com is active in Ghost and canceled/,
    );
    expect(dry.stdout).toMatch(/unknown-to-ghost .* is active at Stripe and Ghost has no such/);
    expect(dry.stdout).toContain('Nothing was changed');
    expect(await site.statusOf('rider@example.com')).toBe('paid');
    expect(await site.statusOf('payer@example.com')).toBeUndefined();
    await verb('reconcile', '--all', '--apply');
    await vi.waitFor(
      async () => {
        expect(await site.statusOf('rider@example.com')).toBe('free');
        expect(await site.statusOf('payer@example.com')).toBe('paid');
      },
      { timeout: 20_000 },
    );
    stripe.settings.set({ webhooksPaused: false });
    await settled();
    expect((await verb('reconcile', '--all')).stdout).toMatch(/compared, 0 to repair\.\n$/);
  });
});

test('Ghost tells of a payment in doubt whether it has counted it', async () => {
  const admin = createGhostAdmin({ url: site.ghost.listenUrl, key: site.adminKey });
  const { stripe } = site.sandbox;
  const customerOf = (email: string) => stripe.customers().find((one) => one.email === email)?.id;
  const ever = { since: new Date(Date.now() - 3_600_000), alike: 0 };
  const paid = (email: string, amount_paid = 500, customer = customerOf(email)) =>
    eventLike(6, { object: { customer_email: email, amount_paid, customer } });
  const ada = paid('ada@example.com');
  expect(await admin.hasCounted(ada, ever)).toBe('yes');
  // She has paid twice: for the beginning and for the renewal that was lost and found.
  expect(await admin.hasCounted(ada, { ...ever, alike: 1 })).toBe('yes');
  expect(await admin.hasCounted(ada, { ...ever, alike: 2 })).toBe('no');
  expect(await admin.hasCounted(paid('ada@example.com', 77), ever)).toBe('no');
  const later = { since: new Date(Date.now() + 60_000), alike: 0 };
  expect(await admin.hasCounted(ada, later)).toBe('no');
  expect(await admin.hasCounted(paid('ada@example.com', 500, 'cus_other'), ever)).toBe('unknown');
  expect(await admin.hasCounted(paid('nobody@example.com', 500, 'cus_1'), ever)).toBe('unknown');
  expect(await admin.hasCounted(eventLike(14), ever)).toBe('unknown');
  const wrong = createGhostAdmin({ url: site.ghost.listenUrl, key: `${'0'.repeat(24)}:00` });
  expect(await wrong.hasCounted(ada, ever)).toBe('unknown');
  expect(await wrong.problem()).toMatch(/401/);
});

test("the revenue that Ghost has written down is the revenue of what Stripe has, by Ghost's rule", async () => {
  const rows = await site.ghost.sql<{ mrr: number }>(
    'SELECT coalesce(sum(mrr_delta), 0) AS mrr FROM members_paid_subscription_events',
  );
  const all = site.sandbox.stripe.subscriptions.list();
  const ours = all.reduce((sum, subscription) => sum + mrrOf(subscription as never), 0);
  expect(Number(rows[0]?.mrr)).toBe(ours);
  expect(ours).toBeGreaterThan(0);
});

test("unseen in front of Ghost: the secret that Ghost got from Stripe is read in Ghost's database, and again when it is another", async () => {
  const database = site.ghost.databaseFile ?? '';
  const write = (secret: string) => {
    using db = new DatabaseSync(database, { timeout: 5_000 });
    db.prepare("update settings set value = ? where key = 'members_stripe_webhook_secret'").run(
      secret,
    );
  };
  write('whsec_that_ghost_got');
  const { PROSORA_STRIPE_PUBLIC_URL: _, ...rest } = env;
  const transparent = {
    ...rest,
    ...inboxEnv(site.ghost.listenUrl),
    STRIPE_WEBHOOK_SECRET: '',
    PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: '',
    PROSORA_STRIPE_GHOST_DATABASE: database,
  };
  const unseen = await spawnInbox(transparent);
  expect(await send(unseen.url, eventLike(7), HOP_SECRET)).toBe(400);
  expect(await send(unseen.url, eventLike(7), 'whsec_that_ghost_got')).toBe(200);
  write('whsec_after_a_restart');
  await delay(1_100);
  expect(await send(unseen.url, eventLike(8), 'whsec_after_a_restart')).toBe(200);
  // Stripe goes on trying with the former one for days.
  expect(await send(unseen.url, eventLike(9), 'whsec_that_ghost_got')).toBe(200);
  await unseen.end('SIGTERM');
});
