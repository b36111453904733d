import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@prosora/sandbox';
import { seededRandom } from '@prosora/service/testing';
import { expect, inject, test } from 'vitest';
import { mrrOf } from '../../../src/index.ts';
import { mrrSink } from '../../../src/sinks/mrr-sink.ts';
import type { StripeEvent } from '../../../src/webhook/event.ts';
import { eventLike } from '../../fixtures/events.ts';
import { openTestInbox, received } from '../../fixtures/open-test-inbox.ts';

const { seed } = inject('proof');
const LIVES = 60;

interface Row {
  subscription_id: string;
  mrr_delta: number;
}

/** Events in any order, some of them twice. */
function shuffled(events: readonly StripeEvent[], random: () => number): StripeEvent[] {
  const some = events.filter(() => random() < 0.3);
  return [...events, ...some]
    .map((event) => ({ event, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ event }) => event);
}

test("over random lives, shuffled and repeated, the sum of a subscription's rows is its revenue", async () => {
  const random = seededRandom(seed);
  const dataDir = mkdtempSync(join(tmpdir(), 'prosora-sandbox-'));
  await using sandbox = await startSandbox({ port: 0, dataDir, vendors: { stripe: {} } });
  const { stripe } = sandbox;
  const { subscriptions, checkouts } = stripe;
  const priced = async (interval: string, amount: string) => {
    const ask = (path: string, form: Record<string, string>) =>
      fetch(`${stripe.url}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stripe.secretKey}` },
        body: new URLSearchParams(form),
      }).then((response) => response.json() as Promise<{ id: string }>);
    const { id: product } = await ask('products', { name: 'Bronze' });
    const form = { product, currency: 'usd', unit_amount: amount, 'recurring[interval]': interval };
    return (await ask('prices', form)).id;
  };
  const prices = [
    await priced('month', '500'),
    await priced('year', '5000'),
    await priced('month', '900'),
  ];
  const anyPrice = () => prices[Math.floor(random() * prices.length)] as string;
  const steps: ((id: string) => unknown)[] = [
    (id) => subscriptions.renew(id),
    (id) => subscriptions.failPayment(id),
    (id) => subscriptions.recover(id),
    (id) => subscriptions.cancel(id),
    (id) => subscriptions.resume(id),
    (id) => subscriptions.changePlan(id, anyPrice()),
    (id) => random() < 0.4 && subscriptions.cancelNow(id),
  ];
  for (let life = 0; life < LIVES; life += 1) {
    const { id: checkout } = checkouts.create({
      mode: 'subscription',
      success_url: 'http://localhost/',
      customer_email: `reader-${life}@example.com`,
      metadata: {},
      line_items: [{ price: anyPrice(), quantity: 1 }],
      discounts: [],
      custom_fields: [],
      ...(random() < 0.3 && {
        subscription_data: { items: [], trial_period_days: 7, metadata: {} },
      }),
    });
    const id = checkouts.pay(checkout).subscription as string;
    for (let step = Math.floor(random() * 8); step > 0; step -= 1) {
      if (subscriptions.get(id).status === 'canceled') break;
      steps[Math.floor(random() * steps.length)]?.(id);
    }
  }

  const { inbox } = await openTestInbox({ sinks: [mrrSink] });
  for (const event of shuffled(stripe.events() as StripeEvent[], random)) {
    await inbox.record(received(event));
  }
  const queue = inbox.queueOf('mrr');
  const sums = new Map<string, number>();
  for (const { id } of await queue.list({ limit: 100_000 })) {
    const { subscription_id, mrr_delta } = JSON.parse(
      Buffer.from((await queue.payload(id)) ?? []).toString(),
    ) as Row;
    sums.set(subscription_id, (sums.get(subscription_id) ?? 0) + mrr_delta);
  }
  const all = subscriptions.list();
  expect(all).toHaveLength(LIVES);
  for (const subscription of all) {
    const { id, status } = subscription;
    expect([id, status, sums.get(id) ?? 0]).toEqual([id, status, mrrOf(subscription as never)]);
  }
  const total = all.reduce((sum, subscription) => sum + mrrOf(subscription as never), 0);
  expect(await inbox.revenue()).toEqual({ usd: total });
  await inbox.close();
});

test('a change that a reconcile has stated counts once, should its own event come after all', async () => {
  const { inbox } = await openTestInbox({ sinks: [mrrSink] });
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600;
  // The yearly plan: 5000 a year are 416 a month, and 500 a month before.
  const changed = eventLike(5, { created: hour - 3_600 });
  const begun = eventLike(3, { created: hour - 7_200 });
  await inbox.record(received(begun));
  await inbox.record(received({ ...changed, id: 'evt_gw_1', created: hour }), 'reconcile');
  expect(await inbox.revenue()).toEqual({ usd: 416 });
  await inbox.record(received(changed));
  expect(await inbox.revenue()).toEqual({ usd: 416 });
  // What happens later counts again: a monthly plan is set to end.
  await inbox.record(received(eventLike(9, { created: hour + 7_200 })));
  expect(await inbox.revenue()).toEqual({ usd: 416 - 500 });
  await inbox.close();
});
