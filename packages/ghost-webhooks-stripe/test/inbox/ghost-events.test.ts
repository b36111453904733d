import { describe, expect, test } from 'vitest';
import { customerOf, GHOST_EVENTS, isRepeatable, routeOf } from '../../src/inbox/ghost-events.ts';
import { eventLike, recordedEvents } from '../fixtures/events.ts';
import thin from '../fixtures/events-2026/thin-v1.customer.subscription.updated.json' with {
  type: 'json',
};

const CHECKOUT = 4;
const UPDATED = 5;
const INVOICE = 6;
const INVOICE_FAILED = 7;
const DONATION = 14;

describe('routeOf', () => {
  test('every recorded event of the eight types goes to Ghost, and no other', () => {
    const sent = recordedEvents.filter((event) => routeOf(event, 'any').to === 'ghost');
    expect(new Set(sent.map(({ type }) => type))).toEqual(new Set(Object.keys(GHOST_EVENTS)));
    const rest = recordedEvents.filter((event) => !sent.includes(event));
    expect(rest.map(({ type }) => type)).toEqual(['invoice.payment_failed']);
  });

  test('a checkout goes before the other events of its customer', () => {
    const rankOf = (number: number) => {
      const route = routeOf(eventLike(number), 'any');
      return route.to === 'ghost' ? route.rank : undefined;
    };
    expect(rankOf(CHECKOUT)).toBeLessThan(rankOf(1) as number);
    expect(rankOf(1)).toBeLessThan(rankOf(INVOICE) as number);
  });

  test('events of one customer make one group; a donation by a stranger has none', () => {
    expect(routeOf(eventLike(CHECKOUT), 'any')).toMatchObject({ group: 'cus_TestAda0000001' });
    expect(routeOf(eventLike(DONATION), 'any')).not.toHaveProperty('group');
    expect(customerOf(eventLike(INVOICE, { object: { customer: { id: 'cus_1' } } }))).toBe('cus_1');
  });

  test('only updates of the same subscription make one another needless', () => {
    expect(routeOf(eventLike(UPDATED), 'any')).toMatchObject({
      supersedes: 'customer.subscription.updated sub_1TestAdaSub000000000001',
    });
    expect(routeOf(eventLike(INVOICE), 'any')).not.toHaveProperty('supersedes');
  });

  test('another version of the API is held, since Ghost would misread it and say 200', () => {
    for (const api_version of ['2026-10-28.endive', null]) {
      const route = routeOf(eventLike(INVOICE, { api_version }), 'any');
      expect(route).toEqual({ to: 'hold', reason: 'api_version' });
    }
  });

  test('of a type that Ghost ignores no version is held', () => {
    const event = eventLike(INVOICE_FAILED, { api_version: '2026-10-28.endive' });
    expect(routeOf(event, 'any')).toEqual({ to: 'nobody' });
    expect(routeOf(eventLike(INVOICE, { type: 'constructor' }), 'any')).toEqual({ to: 'nobody' });
  });

  test('a thin event is held', () => {
    expect(routeOf(thin as never, 'any')).toEqual({ to: 'hold', reason: 'thin' });
  });

  test('live and test events do not mix', () => {
    const held = { to: 'hold', reason: 'livemode' };
    expect(routeOf(eventLike(INVOICE), 'live')).toEqual(held);
    expect(routeOf(eventLike(INVOICE), 'test').to).toBe('ghost');
    expect(routeOf(eventLike(INVOICE, { livemode: true }), 'test')).toEqual(held);
    expect(routeOf(eventLike(INVOICE, { livemode: true }), 'live').to).toBe('ghost');
  });
});

test('what counts each time in Ghost is not repeatable: invoices and donations', () => {
  const once = recordedEvents.filter((event) => !isRepeatable(event));
  expect(once.map(({ type }) => type)).toEqual([
    'invoice.payment_succeeded',
    'invoice.payment_succeeded',
    'checkout.session.completed',
  ]);
  expect(isRepeatable(eventLike(DONATION))).toBe(false);
  expect(isRepeatable(eventLike(CHECKOUT))).toBe(true);
});
