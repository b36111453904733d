import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createGhost } from '../../../src/deliver/ghost.ts';
import type { GhostAnswer } from '../../../src/deliver/ghost-answers.ts';
import { probeOf } from '../../../src/deliver/probe.ts';
import type { StripeService } from '../../../src/service.ts';
import { bytesOf, eventLike } from '../../fixtures/events.ts';
import { HOP_SECRET } from '../../fixtures/ghost-target.ts';
import {
  type GhostWithStripe,
  startGhostWithStripe,
  untilSettled,
} from '../../fixtures/ghost-with-stripe.ts';
import { runVerb } from '../../fixtures/inbox-process.ts';
import {
  type RefusingMailServer,
  startRefusingMailServer,
} from '../../fixtures/refusing-mail-server.ts';
import { inboxEnv, jobCounts, send, startInbox } from '../../fixtures/running-inbox.ts';

/*
 * A first day as it often is: Ghost's mail goes to a vendor that refuses it. Ghost saves a donation, fails to
 * mail its staff, and answers 500 for what it has counted.
 */

let mail: RefusingMailServer;
let site: GhostWithStripe;
let inbox: StripeService;
let env: Record<string, string>;

beforeAll(async () => {
  mail = await startRefusingMailServer();
  const options = { host: '127.0.0.1', port: mail.port, secure: false, ignoreTLS: true };
  site = await startGhostWithStripe({
    config: { mail: { transport: 'SMTP', options, from: 'noreply@example.com' } },
  });
  env = inboxEnv(site.ghost.listenUrl);
  inbox = await startInbox(env);
});
afterAll(async () => {
  await inbox?.stop();
  await site?.[Symbol.asyncDispose]();
  await mail?.[Symbol.asyncDispose]();
});

const donations = async () =>
  Number(
    (await site.ghost.sql<{ n: number }>('SELECT count(*) AS n FROM donation_payment_events'))[0]
      ?.n,
  );
const becomes = (counts: Record<string, number>) =>
  vi.waitFor(async () => expect(await jobCounts(inbox.privateUrl)).toEqual(counts), {
    timeout: 30_000,
    interval: 100,
  });
/** By now a first and a second try would have been made. */
const retriesWouldHaveCome = () => delay(4_000);

test('a donation whose mail to the staff is refused is counted once and held for a person, whom doctor tells why', async () => {
  const donation = eventLike(14);
  const before = mail.refusals;
  expect(await send(inbox.url, donation)).toBe(200);
  await becomes({ ambiguous: 1 });
  expect([await donations(), mail.refusals - before]).toEqual([1, 1]);
  await retriesWouldHaveCome();
  await inbox.stop();
  inbox = await startInbox(env);
  await retriesWouldHaveCome();
  expect([await donations(), mail.refusals - before]).toEqual([1, 1]);

  const { code, stdout } = await runVerb(env, ['doctor']);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /✘ payments in doubt: 1 payment is held.*Ghost failed, as it does when its mail to the staff fails/,
  );
  expect(stdout).toContain(donation.id);

  expect((await runVerb(env, ['skip', donation.id])).code).toBe(0);
  expect((await runVerb(env, ['doctor'])).stdout).not.toContain('held');
  expect(await donations()).toBe(1);
});

test("a member's donation is settled without a person where Ghost's Admin API can be asked", async () => {
  const { stripe } = site.sandbox;
  const url = `${inbox.url}/members/webhooks/stripe/`;
  stripe.addWebhook({ url, secret: env['STRIPE_WEBHOOK_SECRET'] ?? '' });
  await site.pay(await site.beginCheckout('ada@example.com'), 'Ada Lovelace');
  await untilSettled(site, inbox);
  expect(await site.statusOf('ada@example.com')).toBe('paid');
  await inbox.stop();
  inbox = await startInbox({
    ...env,
    GHOST_ADMIN_API_KEY: site.adminKey,
    PROSORA_STRIPE_GHOST_TIMEOUT_MS: '2000',
  });
  const { done = 0, ...others } = await jobCounts(inbox.privateUrl);
  const customer = stripe.customers().find(({ email }) => email === 'ada@example.com')?.id;
  const object = { id: 'cs_of_a_member', customer };
  await send(inbox.url, eventLike(14, { id: 'evt_of_a_member', object }));
  await becomes({ ...others, delayed: 1, done });
  await becomes({ ...others, done: done + 1 });
  expect(await donations()).toBe(2);
});

test("Ghost's own 503 while it boots is known from that of Stripe's API and from every failure after a write", async () => {
  const ghost = createGhost({ url: site.ghost.listenUrl, secrets: [HOP_SECRET] });
  const failed = await ghost.post(bytesOf(eventLike(14, { id: 'evt_again' })));
  expect(failed).toEqual({ kind: 'status', status: 500 });
  const { stripe } = site.sandbox;
  stripe.faults.set([{ match: { path: '^/v1/' }, fault: { status: 503 } }]);
  const behind = await ghost.post(bytesOf(eventLike(6)));
  expect(behind).toEqual({ kind: 'status', status: expect.toSatisfy((it) => it >= 500) });
  stripe.faults.clear();

  const seen: GhostAnswer[] = [];
  let isBooting = true;
  const restarted = site.ghost.restart().finally(() => {
    isBooting = false;
  });
  while (isBooting) {
    seen.push(await ghost.post(probeOf()));
    await delay(50);
  }
  await restarted;
  const closed = seen.filter((answer) => answer.kind === 'status' && answer.status === 503);
  expect(closed.length).toBeGreaterThan(0);
  for (const answer of closed) expect(answer).toMatchObject({ isClosed: true });
});
