import { createServer } from 'node:http';
import { type Listener, listen } from '@prosora/service';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  CLOCKS_APART_MS,
  createGhostAdmin,
  type GhostAdmin,
} from '../../../src/deliver/ghost-admin.ts';
import { eventLike } from '../../fixtures/events.ts';

/*
 * What is made of Ghost's answers, also of those that a real Ghost gives at bad times only; that a real one
 * answers so is shown by test/e2e/account/stripe-account.test.ts.
 */

const INVOICE = eventLike(6);
const DONATION = eventLike(14, {
  object: { customer: 'cus_ada', customer_details: { email: 'ada@example.com' } },
});
const CUSTOMER = 'cus_TestAda0000001';

let members: object[];
let rows: { at: number; amount: number }[];
let status: number;
/** Ghost's clock less ours, in ms. */
let aheadMs: number;
let server: Listener;
let admin: GhostAdmin;

beforeEach(async () => {
  members = [{ id: 'm1', subscriptions: [{ customer: { id: CUSTOMER } }] }];
  rows = [];
  status = 200;
  aheadMs = 0;
  const ghost = createServer((request, response) => {
    const events = rows.map(({ at, amount }) => ({
      type: 'payment_event',
      data: { created_at: new Date(at + aheadMs).toISOString(), amount, currency: 'usd' },
    }));
    response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(request.url?.includes('/events/') ? { events } : { members }));
  });
  server = await listen(ghost, { host: '127.0.0.1', port: 0 });
  admin = createGhostAdmin({ url: server.url, key: `${'0'.repeat(24)}:${'0'.repeat(64)}` });
});
afterEach(() => server.close(0));

const sent = () => new Date(Date.now() - CLOCKS_APART_MS);
const ask = (event = INVOICE, question = {}) =>
  admin.hasCounted(event, { since: sent(), alike: 0, ...question });

test('a payment is counted when there is one row more than other events have made', async () => {
  expect(await ask()).toBe('no');
  rows = [{ at: Date.now(), amount: 500 }];
  expect(await ask()).toBe('yes');
  expect(await ask(INVOICE, { alike: 1 })).toBe('no');
  expect(await ask(INVOICE, { alike: 2 })).toBe('unknown');
  rows.push({ at: Date.now(), amount: 500 });
  expect(await ask(INVOICE, { alike: 1 })).toBe('yes');
});

test('rows of another amount, of before and of after are not taken for it', async () => {
  rows = [
    { at: Date.now(), amount: 501 },
    { at: Date.now() - 60_000, amount: 500 },
    { at: Date.now() + 60_000, amount: 500 },
  ];
  expect(await ask(INVOICE, { until: new Date() })).toBe('no');
});

test("a clock of Ghost's that is off by an hour changes nothing", async () => {
  for (aheadMs of [3_600_000, -3_600_000]) {
    rows = [{ at: Date.now(), amount: 500 }];
    expect(await ask()).toBe('yes');
    rows = [{ at: Date.now() - 60_000, amount: 500 }];
    expect(await ask()).toBe('no');
  }
});

test('nothing is sure of an unknown address, of another customer, and of a donation without a row', async () => {
  members = [{ id: 'm1', subscriptions: [{ customer: { id: 'cus_other' } }] }];
  expect(await ask()).toBe('unknown');
  members = [{ id: 'm1', subscriptions: [] }];
  expect(await ask()).toBe('unknown');
  members = [];
  expect(await ask()).toBe('unknown');
  expect(await ask(eventLike(14))).toBe('unknown');
  members = [{ id: 'm1', subscriptions: [{ customer: { id: 'cus_ada' } }] }];
  expect(await ask(DONATION)).toBe('unknown');
});

test('a Ghost that is away or too busy is asked another time, and one that refuses the key is not', async () => {
  for (status of [500, 503, 429]) expect(await ask()).toBe('not-now');
  for (status of [401, 403]) expect(await ask()).toBe('unknown');
  await server.close(0);
  expect(await ask()).toBe('not-now');
});
