import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventLike } from '../../fixtures/events.ts';
import { runVerb } from '../../fixtures/inbox-process.ts';
import { type InboxWithGhost, startInboxWithGhost } from '../../fixtures/inbox-with-ghost.ts';
import { jobCounts, send } from '../../fixtures/running-inbox.ts';

const CHECKOUT = 4;
const INVOICE = 6;
const DONATION = 14;
/** The event by which it is seen whether Ghost is there. */
const PROBE = 'evt_prosora_doctor';

let site: InboxWithGhost;
beforeEach(async () => {
  site = await startInboxWithGhost();
});
afterEach(() => site[Symbol.asyncDispose]());

const times = (number: number) =>
  site.ghost.arrivals.filter(({ id }) => id === eventLike(number).id).length;
const arrivedIds = () => site.ghost.arrivals.map(({ id }) => id);

describe('when Ghost does not take an event', () => {
  test('a passing failure is tried again with a new signature', async () => {
    site.ghost.answer = (_arrival, nth) => (nth === 1 ? 500 : 200);
    await send(site.inbox.url, eventLike(CHECKOUT));
    await site.settled({ done: 1 });
    expect(arrivedIds()).toHaveLength(2);
    expect(site.ghost.refused).toEqual([]);
  });

  test('an event that Ghost can never take is a dead letter after one try', async () => {
    site.ghost.answer = () => 400;
    await send(site.inbox.url, eventLike(CHECKOUT));
    await site.settled({ dead: 1 });
    expect(arrivedIds()).toHaveLength(1);
  });

  test('a redirect is not followed: nothing is sent until it is gone', async () => {
    site.ghost.answer = () => 301;
    site.ghost.headers = { location: `${site.ghost.url}/elsewhere` };
    await send(site.inbox.url, eventLike(CHECKOUT));
    await vi.waitFor(async () =>
      expect(await site.metric('breaker_open')).toEqual([expect.stringMatching(/ 1$/)]),
    );
    site.ghost.answer = () => 200;
    await site.settled({ done: 1 });
    expect(site.ghost.refused).toEqual([]);
  });

  test('an invoice that Ghost got without answering is held for a person, a checkout is sent again', async () => {
    site.ghost.answer = (_arrival, nth) => (nth === 1 ? 'cut' : 200);
    await send(site.inbox.url, eventLike(INVOICE));
    await send(site.inbox.url, eventLike(CHECKOUT));
    await site.settled({ ambiguous: 1, done: 1 });
    expect(arrivedIds().filter((id) => id === eventLike(INVOICE).id)).toHaveLength(1);
  });

  test('an invoice and a donation that Ghost fails on are sent once and held with its answer, and doctor names them', async () => {
    site.ghost.answer = () => 500;
    const counting = [eventLike(INVOICE), eventLike(DONATION)];
    for (const event of counting) await send(site.inbox.url, event);
    await site.settled({ ambiguous: 2 });
    await site.inbox.stop();
    await site.start();
    await send(site.inbox.url, eventLike(CHECKOUT));
    await vi.waitFor(() => expect(times(CHECKOUT)).toBeGreaterThan(2), 10_000);
    expect([times(INVOICE), times(DONATION)]).toEqual([1, 1]);
    const { stdout } = await runVerb(site.env, ['doctor']);
    expect(stdout).toMatch(
      /✘ payments in doubt: 1 payment is held.*\(500: Ghost failed and may have counted the pay/,
    );
    expect(stdout).toMatch(
      /✘ payments in doubt: 1 payment is held.*\(500: Ghost failed, as it does when its mail to/,
    );
    for (const { id } of counting) expect(stdout).toContain(id);
  });

  test('a proxy that answers for a Ghost that is away puts one invoice in doubt, and the others wait', async () => {
    site.ghost.answer = () => 502;
    const invoices = Array.from({ length: 5 }, (_, at) =>
      eventLike(INVOICE, { id: `evt_${at}`, object: { id: `in_${at}`, customer: `cus_${at}` } }),
    );
    for (const invoice of invoices) await send(site.inbox.url, invoice);
    // Two looks of the breaker, each by an event that changes nothing.
    await vi.waitFor(
      () => expect(arrivedIds().filter((id) => id === PROBE).length).toBeGreaterThanOrEqual(2),
      { timeout: 15_000 },
    );
    expect(await jobCounts(site.inbox.privateUrl)).toMatchObject({ ambiguous: 1 });
    site.ghost.answer = () => 200;
    await site.settled({ ambiguous: 1, done: 4 });
    const sent = arrivedIds().filter((id) => id !== PROBE);
    expect(sent.toSorted()).toEqual(invoices.map(({ id }) => id));
  });

  test('a Ghost that does not answer in time is given up', async () => {
    await site.inbox.stop();
    await site.start({ PROSORA_STRIPE_GHOST_TIMEOUT_MS: '300' });
    site.ghost.answer = (_arrival, nth) => (nth === 1 ? 'hang' : 200);
    await send(site.inbox.url, eventLike(CHECKOUT));
    await site.settled({ done: 1 });
    expect(arrivedIds()).toHaveLength(2);
  });
});
