import { ProsoraError } from '@prosora/service';
import { expect, test } from 'vitest';
import { cancellationsPage } from '../../src/payments/cancellations-page.ts';
import { differencesPage } from '../../src/payments/differences-page.ts';
import { eventPage, eventsPage } from '../../src/payments/events-page.ts';
import { manyPage } from '../../src/payments/many-page.ts';
import { money, type Payments } from '../../src/payments/payments.ts';
import { FRAME, stubApi, wordsOf } from '../fixtures/stub-api.ts';

const AT = '2026-12-01T12:00:00.000Z';
const STATUS = {
  isReady: true,
  failures: [],
  metrics: [{ name: 'prosora_stripe_breaker_open', labels: {}, value: 1 }],
  events: 12_345,
  held: { api_version: 2 },
  deliveries: { dead: 7, done: 12_000 },
  sinks: {},
  mrr: { usd: 123_456, jpy: 500 },
  oldestPending: null,
  clock: null,
};
const LINE = {
  id: 'evt_1',
  type: 'invoice.payment_succeeded',
  customer: 'cus_1',
  receivedAt: AT,
  source: 'stripe',
  state: 'dead',
  reason: '400: no',
  attempts: 3,
};
const CHANGE = {
  type: 'subscription.cancel_scheduled',
  eventId: 'evt_2',
  at: AT,
  customer: 'cus_1',
  address: 'ada@example.com',
  subscription: 'sub_1',
  amount: null,
  currency: 'usd',
};

const paymentsOf = (answers: Record<string, unknown>) =>
  stubApi<Payments>({ status: STATUS, ...answers });

test('events are listed with what Ghost answered, and the state of the inbox above them', async () => {
  const { api, asked } = paymentsOf({ events: { items: [LINE], next: '1.2.0' } });
  const shown = await eventsPage({ payments: api }, { state: 'dead', type: LINE.type }, FRAME);
  const words = wordsOf(shown.body);
  for (const part of ['12,345', 'dead 7, done 12,000', 'api_version 2', 'USD 1,234.56, JPY 500']) {
    expect(words.replaceAll('\u00a0', ' ')).toContain(part);
  }
  expect(words).toContain('Nothing is delivered at the moment');
  expect(words).toContain('400: no');
  expect(asked.find(({ name }) => name === 'events')?.input).toMatchObject({ state: 'dead' });
  expect(shown.body.text).toContain('/payments/many?state=dead&#38;type=');
});

test('a bulk change is counted first, up to a moment, and its form holds what was counted', async () => {
  const { api, asked } = paymentsOf({ count: { count: 10_000, isMore: true } });
  const { body } = await manyPage(api, { state: 'dead' }, FRAME);
  expect(asked[0]?.input).toMatchObject({
    state: 'dead',
    limit: '10000',
    until: expect.any(String),
  });
  const words = wordsOf(body);
  expect(words).toContain('10,000 or more events are of this kind.');
  expect(words).toMatch(/prosora-stripe replay --state dead --until \S+ --limit 10000/);
  expect(body.text).toContain('name="until"');
  expect(words).not.toContain('counted twice');
  const none = paymentsOf({ count: { count: 0, isMore: false } });
  expect((await manyPage(none.api, { state: 'dead' }, FRAME)).body.text).not.toContain(
    'replay-many',
  );
});

test('what nobody names the state of is what Ghost lacks, and what it may have is said to be counted twice', async () => {
  const { api, asked } = paymentsOf({ count: { count: 3, isMore: false } });
  const { body } = await manyPage(api, { customer: "cus_1'; x" }, FRAME);
  expect(asked[0]?.input).toMatchObject({ state: 'dead,ambiguous,held' });
  expect(body.text).toContain('name="state" value="dead,ambiguous,held"');
  expect(wordsOf(body)).toContain("--customer 'cus_1'\\''; x'");
  expect(wordsOf(body)).toContain('counted twice');
  for (const state of ['done', 'dropped', 'twin']) {
    expect(wordsOf((await manyPage(api, { state }, FRAME)).body)).toContain('counted twice');
  }
});

test('an event has its attempts, its member and what is in it, and a done one warns before it is sent again', async () => {
  const event = {
    ...LINE,
    apiVersion: '2020-08-27',
    livemode: true,
    secretId: 'x',
    remoteAddress: null,
    bytes: 2_048,
    twinOf: null,
    payload: '{"a":"<script>"}',
    deliveries: [
      {
        sink: 'ghost',
        state: 'dead',
        reason: '400: no',
        attempt: 1,
        dueAt: null,
        attempts: [{ attempt: 1, startedAt: AT, endedAt: AT, outcome: 'dead', reason: '400: no' }],
      },
    ],
  };
  const { api } = paymentsOf({ event, changes: { items: [CHANGE], next: '9.9.0' } });
  const { body } = await eventPage(api, { id: 'evt_1' }, FRAME);
  const words = wordsOf(body);
  expect(words).toContain('ada@example.com');
  // It would lead to a list of events.
  expect(words).not.toContain('Next page');
  expect(words).toContain('cancelled, to the end of what is paid');
  expect(words).not.toContain('counted twice');
  expect(body.text).not.toContain('<script>"');
  const done = paymentsOf({
    event: { ...event, state: 'done' },
    changes: { items: [], next: null },
  });
  const again = (await eventPage(done.api, { id: 'evt_1' }, FRAME)).body;
  expect(wordsOf(again)).toContain('counted twice');
  expect(again.text).toContain('class="grave"');
});

test('an event that is not there is a 404 on the page', async () => {
  const { api } = paymentsOf({ event: new ProsoraError('NOT_FOUND', 'There is no event evt_0.') });
  expect((await eventPage(api, { id: 'evt_0' }, FRAME)).problem?.code).toBe('NOT_FOUND');
});

test('who cancelled and whose subscription ended are two lists, each with its own pages', async () => {
  const { api, asked } = paymentsOf({
    changes: ({ type }: { type: string }) => ({ items: [{ ...CHANGE, type }], next: '1.2.0' }),
  });
  const { body } = await cancellationsPage(api, { after: '9.9.0' }, FRAME);
  expect(asked.map(({ input }) => input)).toMatchObject([
    { type: 'subscription.cancel_scheduled', after: '9.9.0' },
    { type: 'subscription.ended', after: undefined },
  ]);
  expect(wordsOf(body)).toContain('ada@example.com is no subscriber any more');
  expect(body.text).toContain('after=9.9.0&#38;ended=1.2.0');
});

test('Stripe is compared with only when somebody asks', async () => {
  const found = {
    repairs: [{ kind: 'lost', id: 'evt_3', type: 't', subject: 'sub_1', why: 'it never came' }],
    notes: ['Members were not compared.'],
    compared: { events: 5, subscriptions: 2 },
  };
  const { api, asked } = paymentsOf({ differences: found });
  await differencesPage(api, undefined, FRAME);
  expect(asked).toEqual([]);
  const words = wordsOf((await differencesPage(api, '30d', FRAME)).body);
  expect(words).toContain('the inbox never got it evt_3');
  expect(words).toContain('prosora-stripe reconcile --since 30d --apply');
});

test('revenue over time is drawn in whole units of its currency', async () => {
  const points = [1, 2, 3].map((day) => ({
    at: `2026-11-0${day}T00:00:00.000Z`,
    value: day * 10_000,
  }));
  const metrics = {
    range: async () => [{ labels: { currency: 'usd' }, points }],
    now: async () => 0,
  };
  const { api } = paymentsOf({ events: { items: [], next: null } });
  const { body } = await eventsPage({ payments: api, metrics }, {}, FRAME);
  expect(body.text).toContain(
    'aria-label="As Ghost counts it, in USD: between 100 USD and 300 USD"',
  );
});

test('money is written as its currency has it', () => {
  const written = (amount: number, currency: string) =>
    money(amount, currency).replaceAll('\u00a0', ' ');
  expect(written(1_234, 'usd')).toBe('USD 12.34');
  expect(written(500, 'jpy')).toBe('JPY 500');
  expect(written(5, 'none of them')).toBe('5 none of them');
});
