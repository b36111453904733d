import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compare, type ReconcileOptions } from '../../../src/account/compare.ts';
import { repair } from '../../../src/account/repair.ts';
import { openStripeAccount, type StripeAccount } from '../../../src/account/stripe.ts';
import type { CountQuestion, GhostAdmin } from '../../../src/deliver/ghost-admin.ts';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import type { StripeEvent } from '../../../src/webhook/event.ts';
import { eventLike } from '../../fixtures/events.ts';
import { openTestInbox, received } from '../../fixtures/open-test-inbox.ts';
import { startTestAccount, type TestAccount } from '../../fixtures/stripe-account.ts';

/*
 * What a reconcile may send to Ghost. Against a real Ghost it is in test/e2e/account/stripe-account.test.ts.
 */

let site: TestAccount;
let account: StripeAccount;
let inbox: Inbox;

beforeEach(async () => {
  site = await startTestAccount();
  account = openStripeAccount({
    key: site.stripe.secretKey,
    url: site.stripe.url,
    callsPerSecond: 1_000,
  });
  ({ inbox } = await openTestInbox());
});
afterEach(async () => {
  await inbox.close();
  await site[Symbol.asyncDispose]();
});

const DAY = 86_400_000;
/** What is younger than a minute may still be on its way. */
const later = () => Date.now() + 61_000;
const find = (more: Partial<ReconcileOptions> = {}) =>
  compare({ account, inbox, since: new Date(Date.now() - DAY), now: later, ...more });
const recordOfStripe = (type: string) => {
  const event = site.stripe.events().find((one) => one.type === type) as StripeEvent;
  return inbox.record(received(event));
};
/** A Ghost that has so many rows of each payment. */
const ghostWith = (rows: number, asked: CountQuestion[] = []): GhostAdmin => ({
  async hasCounted(_event, question) {
    asked.push(question);
    return rows > question.alike ? 'yes' : 'no';
  },
  problem: async () => undefined,
  async *paidMembers() {},
});
const statesOf = async (type: string) =>
  (await inbox.list({ type })).items.map(({ state, reason }) => [state, reason]);

test('events from before the inbox belong to Ghost: they are counted, and looked at with --all alone', async () => {
  site.signUp('ada@example.com');
  await inbox.record(received(eventLike(4, { created: Math.floor(Date.now() / 1000) })));
  // Time is told in seconds at Stripe, so these are of the second before the inbox at the latest.
  const found = await find({
    inbox: { known: inbox.known, firstReceivedAt: async () => new Date(Date.now() + 1_000) },
  });
  expect(found.repairs).toEqual([]);
  expect(found.notes[0]).toMatch(/^\d events are from before the inbox .*: --all looks at them/);
  const all = await find({ since: 'all' });
  expect(all.repairs.map(({ type }) => type)).toContain('invoice.payment_succeeded');
});

test('an inbox that has had nothing yet finds nothing lost', async () => {
  site.signUp('ada@example.com');
  expect(await inbox.firstReceivedAt()).toBeUndefined();
  expect((await find({ now: Date.now })).repairs).toEqual([]);
});

test('what is a minute old is looked for, and of what is younger it is said that it may be on its way', async () => {
  await inbox.record(received(eventLike(4, { created: Math.floor(Date.now() / 1000) - 5 })));
  site.signUp('ada@example.com');
  const types = ({ repairs }: { repairs: { type: string }[] }) => repairs.map(({ type }) => type);
  const older = { known: inbox.known, firstReceivedAt: async () => new Date(Date.now() - 60_000) };
  const now = await find({ inbox: older, now: Date.now });
  expect(types(now)).toEqual([]);
  expect(now.notes[0]).toMatch(/^\d events of the last minute may still be on their way: run it/);
  const aMinuteOn = await find({ inbox: older });
  expect(types(aMinuteOn)).toContain('checkout.session.completed');
  expect(aMinuteOn.notes[0]).not.toMatch(/on their way/);
});

describe('of an event that never came', () => {
  beforeEach(async () => {
    site.signUp('ada@example.com');
    await recordOfStripe('checkout.session.completed');
  });
  const outcomesWith = async (admin?: GhostAdmin) => {
    const { repairs } = await find({ since: 'all' });
    const repaired = await repair(repairs, inbox, admin);
    return Object.fromEntries(repaired.map((it) => [it.repair.type, it.outcome]));
  };

  test('a payment is sent where Ghost has not counted it', async () => {
    const asked: CountQuestion[] = [];
    const outcomes = await outcomesWith(ghostWith(0, asked));
    expect(outcomes).toMatchObject({
      'customer.subscription.created': 'sent',
      'invoice.payment_succeeded': 'sent',
    });
    expect(asked).toHaveLength(1);
    expect(await statesOf('invoice.payment_succeeded')).toEqual([['waiting', null]]);
  });

  test('a payment that Ghost has counted is not sent again', async () => {
    const outcomes = await outcomesWith(ghostWith(1));
    expect(outcomes).toMatchObject({ 'invoice.payment_succeeded': 'counted' });
    expect(await statesOf('invoice.payment_succeeded')).toEqual([]);
  });

  test('a payment is held for a person where nobody can tell, and goes when a person says so', async () => {
    expect(await outcomesWith()).toMatchObject({ 'invoice.payment_succeeded': 'held' });
    expect(await statesOf('invoice.payment_succeeded')).toEqual([['held', 'ambiguous']]);
    // Stripe's own try comes late: the person is still to decide.
    await recordOfStripe('invoice.payment_succeeded');
    expect(await statesOf('invoice.payment_succeeded')).toEqual([['held', 'ambiguous']]);
    const [{ id = '' } = {}] = (await inbox.list({ states: ['held'] })).items;
    expect(await inbox.replay([id])).toEqual([id]);
    expect(await statesOf('invoice.payment_succeeded')).toEqual([['waiting', null]]);
    expect((await inbox.show(id))?.source).toBe('reconcile');
  });

  test('of two payments alike of which Ghost has one row, one is sent', async () => {
    site.stripe.subscriptions.renew(site.stripe.subscriptions.list()[0]?.id ?? '');
    const { repairs } = await find({ since: 'all' });
    const repaired = await repair(repairs, inbox, ghostWith(1));
    const payments = repaired.filter((it) => it.repair.type === 'invoice.payment_succeeded');
    expect(payments.map(({ outcome }) => outcome)).toEqual(['counted', 'sent']);
  });
});

test('an event that is held for its API version comes in that of Ghost', async () => {
  site.signUp('ada@example.com');
  const payment = site.stripe.events().find(({ type }) => type === 'invoice.payment_succeeded');
  const newer = { ...payment, api_version: '2026-10-28.endive' } as StripeEvent;
  expect(await inbox.record(received(newer))).toMatchObject({ held: 'api_version' });
  const { repairs } = await find({ since: 'all' });
  const lost = repairs.filter(({ id }) => id === newer.id);
  expect((await repair(lost, inbox, ghostWith(0))).map(({ outcome }) => outcome)).toEqual(['sent']);
  expect(await statesOf('invoice.payment_succeeded')).toEqual([['ready', null]]);
});

test('it calls Stripe no more than ten times a second', async () => {
  const starts: number[] = [];
  const calm = openStripeAccount({ key: site.stripe.secretKey, url: site.stripe.url });
  for (let call = 0; call < 12; call += 1) {
    await calm.endpoints();
    starts.push(performance.now());
  }
  // Twelve calls have eleven gaps of a tenth of a second between them.
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(1_000);
});
