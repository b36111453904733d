import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { type OwnConsole, startOwnConsole } from '../../fixtures/own-console.ts';
import {
  eventLike,
  type PaymentService,
  startPaymentService,
} from '../../fixtures/payment-service.ts';
import { wordsOf } from '../../fixtures/stub-api.ts';

const { soak } = inject('proof');
/** Of the issue; in CI as many as show the same in seconds. */
const DEAD = soak ? 10_000 : 300;
const CHECKOUT = 'checkout.session.completed';
/** Of a kind for which Ghost asks Stripe nothing, so that the inbox sends them as fast as Ghost takes them. */
const dead = Array.from({ length: DEAD }, (_, at) =>
  eventLike('charge.refunded', `evt_dead_${at}`, { id: `ch_${at}`, customer: `cus_${at}` }),
);

let service: PaymentService;
let own: OwnConsole;
beforeAll(async () => {
  service = await startPaymentService();
  own = await startOwnConsole(service.env);
  service.ghost.status = 400;
  await service.send(dead);
  await vi.waitUntil(
    async () => (await service.payments.get('status')).deliveries['dead'] === DEAD,
    {
      timeout: soak ? 600_000 : 60_000,
      interval: 200,
    },
  );
}, 900_000);
afterAll(async () => {
  await own?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

const words = async (path: string) => wordsOf({ text: (await own.get(path)).html });

test('every number is the service’s own, and an event shows what Ghost answered', async () => {
  const { events } = await service.payments.get('status');
  const shown = await words('/payments?state=dead');
  expect(shown).toContain(`Events ${events.toLocaleString('en')}`);
  expect(shown).toContain(`dead ${DEAD.toLocaleString('en')}`);
  expect(await words('/payments/event?id=evt_dead_3')).toMatch(/Delivery to Ghost .*400: /);
});

test('what is wrong of a filter is a 400 that names the field', async () => {
  for (const [query, field] of [
    ['state=lost', 'state'],
    ['since=yesterday', 'since'],
    ['after=x', 'after'],
  ]) {
    const { status, html } = await own.get(`/payments?${query}`);
    expect([query, status]).toEqual([query, 400]);
    expect(wordsOf({ text: html })).toMatch(new RegExp(`${field}(\\.0)?: `));
  }
  expect((await own.get('/payments/event?id=evt_none')).status).toBe(404);
  expect((await own.get('/payments/many?state=lost')).status).toBe(400);
});

test('dead events are counted, then replayed by two people at once, and Ghost gets each once', async () => {
  const { html } = await own.get('/payments/many?state=dead');
  expect(wordsOf({ text: html })).toContain(
    `${DEAD.toLocaleString('en')} events are of this kind.`,
  );
  const fieldOf = (name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '';
  const form = { state: 'dead', until: fieldOf('until'), limit: fieldOf('limit') };
  service.ghost.arrivals.length = 0;
  service.ghost.status = 200;
  const posted = await Promise.all([1, 2].map(() => own.post('/payments/replay-many', form)));
  expect(posted.map(({ status }) => status)).toEqual([303, 303]);
  await vi.waitUntil(
    async () => (await service.payments.get('status')).deliveries['done'] === DEAD,
    {
      timeout: soak ? 600_000 : 60_000,
      interval: 200,
    },
  );
  expect(service.ghost.arrivals.toSorted()).toEqual(dead.map(({ id }) => id).toSorted());
  expect(await words('/payments/many?state=dead')).toContain('0 events are of this kind.');
}, 900_000);

test('who cancelled is found by name, though the event says no more than a customer', async () => {
  const customer = 'cus_cancels';
  const email = 'ada@example.com';
  const update = eventLike('customer.subscription.updated', 'evt_cancels', {
    customer,
    cancel_at_period_end: true,
  });
  await service.send([
    eventLike(CHECKOUT, 'evt_joins', {
      id: 'cs_joins',
      customer,
      customer_email: email,
      customer_details: { email },
    }),
    { ...update, data: { ...update.data, previous_attributes: { cancel_at_period_end: false } } },
    eventLike('customer.subscription.deleted', 'evt_ends', { customer: 'cus_0' }),
  ]);
  const shown = await words('/payments/cancellations');
  expect(shown).toContain('ada@example.com cancelled, to the end of what is paid');
  expect(shown).toContain('is no subscriber any more evt_ends');
  expect(await words('/payments/event?id=evt_cancels')).toContain('ada@example.com');
  expect(own.log.join('')).not.toContain(email);
});

test('one event is skipped, and then waits for nobody', async () => {
  service.ghost.status = 400;
  await service.send([eventLike(CHECKOUT, 'evt_skipped', { id: 'cs_skipped' })]);
  const state = async () => (await service.payments.get('event', { id: 'evt_skipped' })).state;
  await vi.waitUntil(async () => (await state()) === 'dead', { timeout: 20_000 });
  const { location } = await own.post('/payments/skip', { id: 'evt_skipped' });
  expect(location).toBe('/ghost/prosora/payments/event?id=evt_skipped');
  expect(await state()).toBe('dropped');
  expect(own.log.join('')).toMatch(/"action":"payments\.skip"/);
});
