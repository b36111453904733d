import { describe, expect, test } from 'vitest';
import { changesIn } from '../../src/webhook/change.ts';
import { handlersFor } from '../../src/webhook/handlers.ts';
import { eventLike, recordedEvents } from '../fixtures/events.ts';

test("the recorded life of a member reads as what happened, in the site's own words", () => {
  const told = recordedEvents.map((event) => changesIn(event).map(({ type }) => type));
  expect(told).toEqual([
    [],
    ['payment.succeeded'],
    ['subscription.started'],
    [],
    ['subscription.downgraded'],
    ['payment.succeeded'],
    ['payment.failed'],
    ['subscription.past_due'],
    ['subscription.cancel_scheduled'],
    ['subscription.resumed'],
    ['subscription.started'],
    ['subscription.ended'],
    ['payment.refunded'],
    ['donation'],
    [],
    ['gift'],
    [],
    [],
  ]);
});

describe('a change', () => {
  test('says who, what for and how much', () => {
    expect(changesIn(eventLike(6))).toEqual([
      {
        type: 'payment.succeeded',
        eventId: eventLike(6).id,
        at: eventLike(6).created,
        customer: 'cus_TestAda0000001',
        subscription: 'sub_1TestAdaSub000000000001',
        amount: 500,
        currency: 'usd',
      },
    ]);
  });

  test('several at once are several changes', () => {
    const event = eventLike(5, { data: { object: {} } });
    const before = eventLike(5).data as { object: object; previous_attributes: object };
    const both = {
      ...event,
      data: {
        object: { ...before.object, cancel_at_period_end: true },
        previous_attributes: { ...before.previous_attributes, cancel_at_period_end: false },
      },
    };
    expect(changesIn(both).map(({ type }) => type)).toEqual([
      'subscription.cancel_scheduled',
      'subscription.downgraded',
    ]);
  });

  test('an unpaid invoice that becomes paid again is a recovery', () => {
    const { object } = eventLike(8).data as { object: object };
    const recovered = {
      ...eventLike(8),
      data: {
        object: { ...object, status: 'active' },
        previous_attributes: { status: 'past_due' },
      },
    };
    expect(changesIn(recovered).map(({ type }) => type)).toEqual(['subscription.recovered']);
  });

  test('an invoice of nothing is no payment, and another API version says nothing', () => {
    expect(changesIn(eventLike(6, { object: { amount_paid: 0 } }))).toEqual([]);
    expect(changesIn(eventLike(6, { api_version: '2026-10-28.endive' }))).toEqual([]);
  });
});

test('an event is for the handlers of its type and of its changes, and for no others', () => {
  const handlers = {
    'invoice.payment_succeeded': () => undefined,
    'payment.succeeded': () => undefined,
    donation: () => undefined,
  };
  expect(handlersFor(handlers, eventLike(6))).toEqual([
    'invoice.payment_succeeded',
    'payment.succeeded',
  ]);
  expect(handlersFor(handlers, eventLike(14))).toEqual(['donation']);
  expect(handlersFor(handlers, eventLike(6, { api_version: null }))).toEqual([]);
});
