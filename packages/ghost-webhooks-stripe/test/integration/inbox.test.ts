import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOf, eventLike, recordedEvents } from '../fixtures/events.ts';
import { MAINTENANCE } from '../fixtures/ghost-target.ts';
import { type InboxWithGhost, startInboxWithGhost } from '../fixtures/inbox-with-ghost.ts';
import { jobCounts, send } from '../fixtures/running-inbox.ts';

const CHECKOUT = 4;
const INVOICE = 6;
/** The event by which it is seen whether Ghost is there. */
const PROBE = 'evt_prosora_doctor';

let site: InboxWithGhost;
beforeEach(async () => {
  site = await startInboxWithGhost();
});
afterEach(() => site[Symbol.asyncDispose]());

const arrivedIds = () => site.ghost.arrivals.map(({ id }) => id);

describe('from Stripe to Ghost', () => {
  test('the recorded life of a member arrives byte for byte, freshly signed, one at a time', async () => {
    for (const event of recordedEvents) expect(await send(site.inbox.url, event)).toBe(200);
    const wanted = recordedEvents.filter(({ type }) => type !== 'invoice.payment_failed');
    await vi.waitFor(async () => {
      const { done = 0, superseded = 0 } = await jobCounts(site.inbox.privateUrl);
      expect(done + superseded).toBe(wanted.length);
    });
    expect(site.ghost.refused).toEqual([]);
    expect(site.ghost.mostAtOnce).toBe(1);
    const { superseded = 0 } = await jobCounts(site.inbox.privateUrl);
    expect(new Set(arrivedIds()).size).toBe(wanted.length - superseded);
    for (const { id, body } of site.ghost.arrivals) {
      expect(body).toEqual(bytesOf(recordedEvents.find((event) => event.id === id)));
    }
  });

  test('the same event again is acknowledged and changes nothing', async () => {
    const event = eventLike(INVOICE);
    for (let times = 0; times < 3; times += 1) expect(await send(site.inbox.url, event)).toBe(200);
    await site.settled({ done: 1 });
    expect(arrivedIds()).toEqual([event.id]);
    expect(await site.metric('events_total')).toEqual([
      expect.stringMatching(/outcome="recorded".* 1$/),
      expect.stringMatching(/outcome="duplicate".* 2$/),
    ]);
  });

  test('of two events with one id and other bytes the first is kept', async () => {
    await send(site.inbox.url, eventLike(INVOICE));
    expect(await send(site.inbox.url, eventLike(INVOICE, { object: { amount_paid: 1 } }))).toBe(
      200,
    );
    await site.settled({ done: 1 });
    expect(site.ghost.arrivals[0]?.body).toEqual(bytesOf(eventLike(INVOICE)));
    expect(site.lines.join()).toContain('came again with other bytes');
  });

  test('while Ghost is in maintenance a checkout overtakes the invoice that came before it', async () => {
    site.ghost.answer = () => 503;
    site.ghost.headers = MAINTENANCE;
    await send(site.inbox.url, eventLike(INVOICE));
    await vi.waitFor(() => expect(site.ghost.arrivals).toHaveLength(1));
    await send(site.inbox.url, eventLike(CHECKOUT));
    site.ghost.arrivals.length = 0;
    site.ghost.answer = () => 200;
    await site.settled({ done: 2 });
    const members = arrivedIds().filter((id) => id !== PROBE);
    expect(members).toEqual([eventLike(CHECKOUT).id, eventLike(INVOICE).id]);
  });

  test('an event of another version is kept, held and reported, and never sent', async () => {
    const event = eventLike(INVOICE, { api_version: '2026-10-28.endive' });
    expect(await send(site.inbox.url, event)).toBe(200);
    await send(site.inbox.url, eventLike(CHECKOUT));
    await site.settled({ done: 1 });
    expect(arrivedIds()).toEqual([eventLike(CHECKOUT).id]);
    expect(await site.metric('held_events')).toEqual([
      expect.stringMatching(/reason="api_version".* 1$/),
    ]);
    expect(site.lines.join()).toContain('an event is held: it does not go to Ghost');
  });
});

test('an event by which the way is tried out is acknowledged and kept nowhere', async () => {
  const probe = eventLike(INVOICE, { id: 'evt_probe', type: 'prosora.probe' });
  expect(await send(site.inbox.url, probe, 'whsec_forged_of_the_tests')).toBe(400);
  expect(await send(site.inbox.url, probe)).toBe(200);
  await send(site.inbox.url, eventLike(CHECKOUT));
  await site.settled({ done: 1 });
  expect(arrivedIds()).toEqual([eventLike(CHECKOUT).id]);
  expect(await site.metric('events_total')).toEqual([expect.stringMatching(/recorded.* 1$/)]);
});

test('no secret and no address of a reader is ever logged', async () => {
  await send(site.inbox.url, eventLike(CHECKOUT));
  await send(site.inbox.url, eventLike(CHECKOUT), 'whsec_forged_of_the_tests');
  await site.settled({ done: 1 });
  expect(site.lines.join()).toContain(eventLike(CHECKOUT).id);
  expect(site.lines.join()).not.toMatch(/whsec_|hop-secret|ada@example\.com/);
});

test('events acknowledged before a stop are delivered after the next start', async () => {
  site.ghost.answer = () => 503;
  await send(site.inbox.url, eventLike(CHECKOUT));
  await vi.waitFor(() => expect(site.ghost.arrivals).not.toEqual([]));
  await site.inbox.stop();
  site.ghost.answer = () => 200;
  await site.start();
  await site.settled({ done: 1 });
});

test('a crowd of invoices that come before their checkouts does not stop deliveries', async () => {
  const paid = new Set<unknown>();
  site.ghost.answer = ({ type, customer }) => {
    if (type === 'checkout.session.completed') paid.add(customer);
    return paid.has(customer) ? 200 : 404;
  };
  const customers = Array.from({ length: 15 }, (_, at) => `cus_${at}`);
  const of = (number: number) =>
    customers.map((customer) =>
      eventLike(number, {
        id: `evt_${customer}_${number}`,
        object: { id: `obj_${customer}_${number}`, customer },
      }),
    );
  for (const invoice of of(INVOICE)) await send(site.inbox.url, invoice);
  await vi.waitFor(() => expect(site.ghost.arrivals.length).toBeGreaterThanOrEqual(15));
  expect(await site.metric('breaker_open')).not.toEqual([expect.stringMatching(/ 1$/)]);
  for (const checkout of of(CHECKOUT)) await send(site.inbox.url, checkout);
  await site.settled({ done: 30 });
});
