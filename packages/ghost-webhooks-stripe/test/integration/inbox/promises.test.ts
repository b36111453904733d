import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { createWorker } from '@prosora/durable';
import { expect, test, vi } from 'vitest';
import { createDeliver } from '../../../src/deliver/deliver.ts';
import { bytesOf, eventLike } from '../../fixtures/events.ts';
import { openTestInbox, received } from '../../fixtures/open-test-inbox.ts';

/*
 * What the inbox promises of what it holds. That a 200 comes after the commit is shown by the kill points, and
 * that a full disk or a lock is answered 503 by disk-full.test.ts and inbox.test.ts.
 */

const CHECKOUT = eventLike(4);
const INVOICE = eventLike(6);
const DAY = 86_400_000;

/** A clock that moves when told; sleeping takes real milliseconds, so that a worker does not spin. */
function fakeClock(start = Date.UTC(2026, 0, 1)) {
  let now = start;
  return {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
    sleep: (ms: number, signal?: AbortSignal) =>
      delay(Math.min(ms, 5), undefined, signal ? { signal } : {}).catch(() => undefined),
  };
}

test('the bytes are kept as they came, with the signature, the secret, the sender and the time', async () => {
  const clock = fakeClock();
  const { inbox, file } = await openTestInbox({ clock });
  await inbox.record(received(CHECKOUT));
  await inbox.close();
  using database = new DatabaseSync(file);
  const row = database.prepare('select * from stripe_event').get() ?? {};
  expect(Buffer.from(row['body'] as Uint8Array)).toEqual(bytesOf(CHECKOUT));
  expect(row).toMatchObject({
    signature: 't=1,v1=a',
    secret_id: '0badcafe',
    remote_address: '203.0.113.7',
    received_at: clock.now(),
    source: 'stripe',
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('with a key nothing of a reader can be read in the file, and the event is the same', async () => {
  const { inbox, file } = await openTestInbox({ sealKey: 'a key of sixteen signs' });
  await inbox.record(received(CHECKOUT));
  expect(await inbox.record(received(CHECKOUT))).toEqual({ outcome: 'duplicate' });
  expect((await inbox.find(CHECKOUT.id))?.event).toEqual(CHECKOUT);
  await inbox.close();
  using database = new DatabaseSync(file);
  const { body } = database.prepare('select body from stripe_event').get() ?? {};
  expect(Buffer.from(body as Uint8Array).includes('ada@example.com')).toBe(false);
});

test('two events with different ids about one payment are both kept, and Ghost gets one', async () => {
  const { inbox } = await openTestInbox();
  await inbox.record(received(INVOICE));
  const twin = eventLike(6, { id: 'evt_twin' });
  expect(await inbox.record(received(twin))).toEqual({ outcome: 'recorded', twinOf: INVOICE.id });
  expect((await inbox.list()).items).toMatchObject([
    { id: 'evt_twin', state: 'twin', reason: `says the same as ${INVOICE.id}` },
    { id: INVOICE.id, state: 'ready' },
  ]);
  expect(await inbox.replay(['evt_twin'])).toEqual([]);
  await inbox.close();
});

test('an event whose first copy was held for its version goes to Ghost when it comes in that of Ghost', async () => {
  const { inbox } = await openTestInbox();
  const newer = eventLike(6, { api_version: '2026-10-28.endive' });
  expect(await inbox.record(received(newer))).toEqual({ outcome: 'recorded', held: 'api_version' });
  expect(await inbox.record(received(newer))).toEqual({ outcome: 'duplicate' });
  expect(await inbox.record(received(INVOICE))).toEqual({ outcome: 'replaced' });
  expect((await inbox.list()).items).toMatchObject([{ id: INVOICE.id, state: 'ready' }]);
  expect((await inbox.find(INVOICE.id))?.event).toEqual(INVOICE);
  // From now on it is as if this copy had been the first.
  expect(await inbox.record(received(newer))).toEqual({ outcome: 'conflict' });
  expect(await inbox.counts()).toEqual({ events: 1, held: {} });
  await inbox.close();
});

test('a held event that is let go does not go to Ghost when another about its payment went', async () => {
  const { inbox: strict, file } = await openTestInbox({ livemode: 'live' });
  await strict.record(received(INVOICE));
  await strict.close();
  const { inbox } = await openTestInbox({ file });
  await inbox.record(received(eventLike(6, { id: 'evt_other' })));
  expect(await inbox.replay([INVOICE.id])).toEqual([]);
  expect((await inbox.list()).items).toMatchObject([
    { id: 'evt_other', state: 'ready' },
    { id: INVOICE.id, state: 'twin', reason: 'says the same as evt_other' },
  ]);
  await inbox.close();
});

test('of the waiting updates of a subscription only the newest goes to Ghost', async () => {
  const { inbox } = await openTestInbox();
  const update = (id: string, subscription: string) =>
    inbox.record(received(eventLike(8, { id, object: { id: subscription } })));
  await update('evt_1', 'sub_1');
  await update('evt_2', 'sub_2');
  await update('evt_3', 'sub_1');
  expect((await inbox.list()).items.map(({ id, state }) => [id, state])).toEqual([
    ['evt_3', 'waiting'],
    ['evt_2', 'ready'],
    ['evt_1', 'superseded'],
  ]);
  await inbox.close();
});

test('payments alike are counted for a question to Ghost: those it has got, of the customer, in the time', async () => {
  const clock = fakeClock();
  const { inbox } = await openTestInbox({ clock });
  const pay = async (id: string, object = {}) => {
    await inbox.record(received(eventLike(6, { id, object: { id, ...object } })));
    const [job] = await inbox.deliveries.claim(1, 1_000);
    if (job) await inbox.deliveries.settle(job, { kind: 'done' });
    clock.advance(1_000);
  };
  await pay('evt_early');
  const since = new Date(clock.now());
  await pay('evt_alike');
  await pay('evt_dearer', { amount_paid: 501 });
  await pay('evt_stranger', { customer: 'cus_stranger' });
  const until = new Date(clock.now() - 1);
  await pay('evt_late');
  await inbox.record(received(eventLike(6, { id: 'evt_waiting', object: { id: 'in_waiting' } })));
  expect(await inbox.countAlike(INVOICE, { since })).toBe(2);
  expect(await inbox.countAlike(INVOICE, { since, until })).toBe(1);
  expect(await inbox.countAlike(eventLike(14), { since })).toBe(0);
  await inbox.close();
});

test('the check remembers that the last event could not be kept, until one can', async () => {
  const { inbox, file } = await openTestInbox();
  await inbox.check();
  using other = new DatabaseSync(file);
  other.exec('begin immediate');
  await expect(inbox.check()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await expect(inbox.record(received(INVOICE))).rejects.toThrow();
  other.exec('rollback');
  await expect(inbox.check()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await inbox.record(received(INVOICE));
  await inbox.check();
  await inbox.close();
});

test('a full inbox takes no event more, but knows those it has', async () => {
  const { inbox } = await openTestInbox({ maxEvents: 1 });
  await inbox.record(received(CHECKOUT));
  await expect(inbox.record(received(INVOICE))).rejects.toMatchObject({ refusal: 'inbox_full' });
  expect(await inbox.record(received(CHECKOUT))).toEqual({ outcome: 'duplicate' });
  await inbox.close();
});

test('a month: what is done is deleted after its time and no sooner, what is not stays, and the file shrinks', async () => {
  const clock = fakeClock();
  const { inbox, file } = await openTestInbox({ clock });
  const held = eventLike(6, { id: 'evt_held', api_version: '2026-10-28.endive' });
  await inbox.record(received(held));
  for (let day = 0; day < 60; day += 1) {
    for (let number = 0; number < 10; number += 1) {
      const id = `evt_${day}_${number}`;
      const bulk = 'x'.repeat(20_000);
      await inbox.record(received(eventLike(1, { id, object: { id, customer: id, bulk } })));
    }
    const jobs = await inbox.deliveries.claim(10, 1_000);
    for (const [at, job] of jobs.entries()) {
      const isDead = day === 0 && at === 0;
      await inbox.deliveries.settle(
        job,
        isDead ? { kind: 'dead', reason: '400' } : { kind: 'done' },
      );
    }
    clock.advance(DAY);
    await inbox.purge(new Date(clock.now() - 35 * DAY));
    const { events } = await inbox.counts();
    const kept = Math.min(day + 1, 35) * 10;
    const dead = day + 1 > 35 ? 1 : 0;
    expect([day, events]).toEqual([day, kept + dead + 1]);
  }
  // Everything of the last 35 days is still recognised.
  expect(await inbox.record(received(eventLike(1, { id: 'evt_25_0' })))).toEqual({
    outcome: 'conflict',
  });
  const { items: dead } = await inbox.list({ states: ['dead'] });
  expect(dead).toHaveLength(1);
  const before = statSync(file).size;
  clock.advance(35 * DAY);
  await inbox.purge(new Date(clock.now() - 35 * DAY));
  await inbox.close();
  expect(statSync(file).size).toBeLessThan(before / 2);
});

test('an event that Ghost fails on is tried for seven days and is then a dead letter, whole', async () => {
  const clock = fakeClock();
  const { inbox } = await openTestInbox({ clock });
  const startedAt = clock.now();
  let lastTry = 0;
  let tries = 0;
  await using _worker = createWorker({
    queue: inbox.deliveries,
    clock,
    pollMs: 5,
    handle: createDeliver({
      ghost: {
        async post() {
          tries += 1;
          lastTry = clock.now();
          return { kind: 'status', status: 500 };
        },
      },
      findEvent: inbox.find,
      attemptsOf: inbox.deliveries.attempts,
      ambiguous: 'hold',
      now: clock.now,
    }),
  });
  await inbox.record(received(CHECKOUT));
  await vi.waitFor(
    async () => {
      clock.advance(600_000);
      expect((await inbox.list()).items).toMatchObject([{ state: 'dead' }]);
    },
    { timeout: 40_000, interval: 5 },
  );
  expect((lastTry - startedAt) / DAY).toBeGreaterThan(6.5);
  expect((lastTry - startedAt) / DAY).toBeLessThan(7.1);
  expect(tries).toBeGreaterThan(100);
  expect(await inbox.replay([CHECKOUT.id])).toEqual([CHECKOUT.id]);
});

test('an event of each state can be listed by type and by customer', async () => {
  const { inbox } = await openTestInbox();
  await inbox.record(received(CHECKOUT));
  await inbox.record(received(eventLike(7)));
  expect((await inbox.list({ states: ['ignored'] })).items).toMatchObject([
    { type: 'invoice.payment_failed' },
  ]);
  expect((await inbox.list({ type: 'checkout.session.completed' })).items).toHaveLength(1);
  expect((await inbox.list({ customer: 'cus_nobody' })).items).toEqual([]);
  await inbox.close();
});
