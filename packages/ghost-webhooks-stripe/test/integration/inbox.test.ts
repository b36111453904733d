import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sign as signBody } from '../../src/index.ts';
import type { StripeService } from '../../src/service.ts';
import { REFUSALS, type Refusal } from '../../src/webhook/receive.ts';
import { bytesOf, eventLike, recordedEvents } from '../fixtures/events.ts';
import { type GhostTarget, MAINTENANCE, startGhostTarget } from '../fixtures/ghost-target.ts';
import { runVerb } from '../fixtures/inbox-process.ts';
import {
  inboxEnv,
  jobCounts,
  readMetric,
  STRIPE_SECRET,
  send,
  startInbox,
} from '../fixtures/running-inbox.ts';

const CHECKOUT = 4;
const INVOICE = 6;
const DONATION = 14;
/** The event by which it is seen whether Ghost is there. */
const PROBE = 'evt_prosora_doctor';

let ghost: GhostTarget;
let inbox: StripeService;
let lines: string[];
let env: Record<string, string>;

beforeEach(async () => {
  ghost = await startGhostTarget();
  env = inboxEnv(ghost.url, { PROSORA_STRIPE_LEASE_MS: '1000' });
  lines = [];
  inbox = await startInbox(env, lines);
});
afterEach(async () => {
  await inbox.stop();
  await ghost[Symbol.asyncDispose]();
});

const times = (number: number) =>
  ghost.arrivals.filter(({ id }) => id === eventLike(number).id).length;
const arrivedIds = () => ghost.arrivals.map(({ id }) => id);
const metric = (name: string) => readMetric(inbox.privateUrl, name);
/** Resolves once the deliveries are in these states, e.g. `{ done: 2 }`. */
const settled = (wanted: Record<string, number>) =>
  vi.waitFor(async () => expect(await jobCounts(inbox.privateUrl)).toEqual(wanted), {
    timeout: 20_000,
  });

describe('from Stripe to Ghost', () => {
  test('the recorded life of a member arrives byte for byte, freshly signed, one at a time', async () => {
    for (const event of recordedEvents) expect(await send(inbox.url, event)).toBe(200);
    const wanted = recordedEvents.filter(({ type }) => type !== 'invoice.payment_failed');
    await vi.waitFor(async () => {
      const { done = 0, superseded = 0 } = await jobCounts(inbox.privateUrl);
      expect(done + superseded).toBe(wanted.length);
    });
    expect(ghost.refused).toEqual([]);
    expect(ghost.mostAtOnce).toBe(1);
    const { superseded = 0 } = await jobCounts(inbox.privateUrl);
    expect(new Set(arrivedIds()).size).toBe(wanted.length - superseded);
    for (const { id, body } of ghost.arrivals) {
      expect(body).toEqual(bytesOf(recordedEvents.find((event) => event.id === id)));
    }
  });

  test('the same event again is acknowledged and changes nothing', async () => {
    const event = eventLike(INVOICE);
    for (let times = 0; times < 3; times += 1) expect(await send(inbox.url, event)).toBe(200);
    await settled({ done: 1 });
    expect(arrivedIds()).toEqual([event.id]);
    expect(await metric('events_total')).toEqual([
      expect.stringMatching(/outcome="recorded".* 1$/),
      expect.stringMatching(/outcome="duplicate".* 2$/),
    ]);
  });

  test('of two events with one id and other bytes the first is kept', async () => {
    await send(inbox.url, eventLike(INVOICE));
    expect(await send(inbox.url, eventLike(INVOICE, { object: { amount_paid: 1 } }))).toBe(200);
    await settled({ done: 1 });
    expect(ghost.arrivals[0]?.body).toEqual(bytesOf(eventLike(INVOICE)));
    expect(lines.join()).toContain('came again with other bytes');
  });

  test('while Ghost is in maintenance a checkout overtakes the invoice that came before it', async () => {
    ghost.answer = () => 503;
    ghost.headers = MAINTENANCE;
    await send(inbox.url, eventLike(INVOICE));
    await vi.waitFor(() => expect(ghost.arrivals).toHaveLength(1));
    await send(inbox.url, eventLike(CHECKOUT));
    ghost.arrivals.length = 0;
    ghost.answer = () => 200;
    await settled({ done: 2 });
    const members = arrivedIds().filter((id) => id !== PROBE);
    expect(members).toEqual([eventLike(CHECKOUT).id, eventLike(INVOICE).id]);
  });

  test('an event of another version is kept, held and reported, and never sent', async () => {
    const event = eventLike(INVOICE, { api_version: '2026-10-28.endive' });
    expect(await send(inbox.url, event)).toBe(200);
    await send(inbox.url, eventLike(CHECKOUT));
    await settled({ done: 1 });
    expect(arrivedIds()).toEqual([eventLike(CHECKOUT).id]);
    expect(await metric('held_events')).toEqual([
      expect.stringMatching(/reason="api_version".* 1$/),
    ]);
    expect(lines.join()).toContain('an event is held: it does not go to Ghost');
  });
});

describe('when Ghost does not take an event', () => {
  test('a passing failure is tried again with a new signature', async () => {
    ghost.answer = (_arrival, nth) => (nth === 1 ? 500 : 200);
    await send(inbox.url, eventLike(CHECKOUT));
    await settled({ done: 1 });
    expect(arrivedIds()).toHaveLength(2);
    expect(ghost.refused).toEqual([]);
  });

  test('an event that Ghost can never take is a dead letter after one try', async () => {
    ghost.answer = () => 400;
    await send(inbox.url, eventLike(CHECKOUT));
    await settled({ dead: 1 });
    expect(arrivedIds()).toHaveLength(1);
  });

  test('a redirect is not followed: nothing is sent until it is gone', async () => {
    ghost.answer = () => 301;
    ghost.headers = { location: `${ghost.url}/elsewhere` };
    await send(inbox.url, eventLike(CHECKOUT));
    await vi.waitFor(async () =>
      expect(await metric('breaker_open')).toEqual([expect.stringMatching(/ 1$/)]),
    );
    ghost.answer = () => 200;
    await settled({ done: 1 });
    expect(ghost.refused).toEqual([]);
  });

  test('an invoice that Ghost got without answering is held for a person, a checkout is sent again', async () => {
    ghost.answer = (_arrival, nth) => (nth === 1 ? 'cut' : 200);
    await send(inbox.url, eventLike(INVOICE));
    await send(inbox.url, eventLike(CHECKOUT));
    await settled({ ambiguous: 1, done: 1 });
    expect(arrivedIds().filter((id) => id === eventLike(INVOICE).id)).toHaveLength(1);
  });

  test('an invoice and a donation that Ghost fails on are sent once and held with its answer, and doctor names them', async () => {
    ghost.answer = () => 500;
    const counting = [eventLike(INVOICE), eventLike(DONATION)];
    for (const event of counting) await send(inbox.url, event);
    await settled({ ambiguous: 2 });
    await inbox.stop();
    inbox = await startInbox(env, lines);
    await send(inbox.url, eventLike(CHECKOUT));
    await vi.waitFor(() => expect(times(CHECKOUT)).toBeGreaterThan(2), 10_000);
    expect([times(INVOICE), times(DONATION)]).toEqual([1, 1]);
    const { stdout } = await runVerb(env, ['doctor']);
    expect(stdout).toMatch(
      /✘ payments in doubt: 1 payment is held.*\(500: Ghost failed and may have counted the pay/,
    );
    expect(stdout).toMatch(
      /✘ payments in doubt: 1 payment is held.*\(500: Ghost failed, as it does when its mail to/,
    );
    for (const { id } of counting) expect(stdout).toContain(id);
  });

  test('a proxy that answers for a Ghost that is away puts one invoice in doubt, and the others wait', async () => {
    ghost.answer = () => 502;
    const invoices = Array.from({ length: 5 }, (_, at) =>
      eventLike(INVOICE, { id: `evt_${at}`, object: { id: `in_${at}`, customer: `cus_${at}` } }),
    );
    for (const invoice of invoices) await send(inbox.url, invoice);
    // Two looks of the breaker, each by an event that changes nothing.
    await vi.waitFor(
      () => expect(arrivedIds().filter((id) => id === PROBE).length).toBeGreaterThanOrEqual(2),
      { timeout: 15_000 },
    );
    expect(await jobCounts(inbox.privateUrl)).toMatchObject({ ambiguous: 1 });
    ghost.answer = () => 200;
    await settled({ ambiguous: 1, done: 4 });
    const sent = arrivedIds().filter((id) => id !== PROBE);
    expect(sent.toSorted()).toEqual(invoices.map(({ id }) => id));
  });

  test('a Ghost that does not answer in time is given up', async () => {
    await inbox.stop();
    inbox = await startInbox({ ...env, PROSORA_STRIPE_GHOST_TIMEOUT_MS: '300' }, lines);
    ghost.answer = (_arrival, nth) => (nth === 1 ? 'hang' : 200);
    await send(inbox.url, eventLike(CHECKOUT));
    await settled({ done: 1 });
    expect(arrivedIds()).toHaveLength(2);
  });
});

describe('when it cannot be sure', () => {
  test('a wrong signature is answered 400 with nothing, and nothing is kept', async () => {
    expect(await send(inbox.url, eventLike(CHECKOUT), 'whsec_forged_of_the_tests')).toBe(400);
    expect(await metric('refusals_total')).toEqual([
      expect.stringMatching(/reason="no_match".* 1$/),
    ]);
    expect(await metric('events_total')).toEqual([]);
  });

  test('every refusal has its status, says nothing more, and is counted by its reason', async () => {
    const good = bytesOf(eventLike(CHECKOUT));
    const now = Math.floor(Date.now() / 1_000);
    const sign = (body: Uint8Array, seconds = now) =>
      signBody(body, { secrets: [STRIPE_SECRET], now: () => seconds * 1_000 });
    const json = { 'content-type': 'application/json' };
    const ask = (
      body: Uint8Array | undefined,
      signature: string | undefined,
      { headers = json as Record<string, string>, method = 'POST' } = {},
    ) =>
      fetch(`${inbox.url}/members/webhooks/stripe/`, {
        method,
        headers: { ...headers, ...(signature !== undefined && { 'stripe-signature': signature }) },
        ...(body && { body: new Uint8Array(body) }),
      });
    const many = `t=${now}${',v1=00'.repeat(17)}`;
    const requests: Partial<Record<Refusal, () => Promise<Response>>> = {
      method: () => ask(undefined, undefined, { method: 'GET' }),
      content_type: () => ask(good, sign(good), { headers: { 'content-type': 'text/plain' } }),
      body_encoded: () =>
        ask(good, sign(good), { headers: { ...json, 'content-encoding': 'gzip' } }),
      body_too_large: () => ask(new Uint8Array(1_048_577), 't=1,v1=a'),
      no_payload: () => ask(undefined, sign(good)),
      no_header: () => ask(good, undefined),
      malformed: () => ask(good, 'nonsense'),
      no_scheme: () => ask(good, `t=${now},v0=00`),
      too_many: () => ask(good, many),
      no_match: () => ask(good, signBody(good, { secrets: ['whsec_forged_of_the_tests'] })),
      timestamp_old: () => ask(good, sign(good, now - 310)),
      timestamp_future: () => ask(good, sign(good, now + 320)),
      not_an_event: () => ask(Buffer.from('[]'), sign(Buffer.from('[]'))),
    };
    for (const [reason, request] of Object.entries(requests)) {
      const response = await request();
      const wanted = [reason, REFUSALS[reason as Refusal], ''];
      expect([reason, response.status, await response.text()]).toEqual(wanted);
      expect(await metric(`refusals_total{reason="${reason}"`)).toEqual([
        expect.stringMatching(/ 1$/),
      ]);
    }
    expect(await metric('events_total')).toEqual([]);
    // The others need a slow sender, a body parser, or a disk or an inbox that is full.
    const elsewhere = [
      'body_timeout',
      'body_aborted',
      'body_consumed',
      'inbox_full',
      'record_failed',
    ];
    expect([...Object.keys(requests), ...elsewhere].sort()).toEqual(Object.keys(REFUSALS).sort());
  });

  test('an inbox that is full answers 503 and says so', async () => {
    await inbox.stop();
    inbox = await startInbox({ ...env, PROSORA_STRIPE_MAX_EVENTS: '1' }, lines);
    expect(await send(inbox.url, eventLike(CHECKOUT))).toBe(200);
    expect(await send(inbox.url, eventLike(INVOICE))).toBe(503);
    expect(await metric('refusals_total')).toEqual([
      expect.stringMatching(/reason="inbox_full".* 1$/),
    ]);
  });

  test('a locked database is answered 503, and works again by itself', async () => {
    using other = new DatabaseSync(`${env['PROSORA_STRIPE_DATA_DIR']}/inbox.db`);
    other.exec('BEGIN IMMEDIATE');
    expect(await send(inbox.url, eventLike(CHECKOUT))).toBe(503);
    expect((await fetch(`${inbox.privateUrl}/readyz`)).status).toBe(503);
    other.exec('ROLLBACK');
    expect(await send(inbox.url, eventLike(CHECKOUT))).toBe(200);
    expect((await fetch(`${inbox.privateUrl}/readyz`)).status).toBe(200);
    await settled({ done: 1 });
  });

  test('only the path of the webhooks is there, with and without its last slash', async () => {
    const post = (path: string) =>
      fetch(inbox.url + path, { method: 'POST' }).then(({ status }) => status);
    expect(await post('/members/webhooks/stripe')).toBe(415);
    expect(await post('/members/webhooks/stripe/')).toBe(415);
    expect(await post('/')).toBe(404);
    expect(await post('/members/webhooks/stripe/more')).toBe(404);
  });
});

test('no secret and no address of a reader is ever logged', async () => {
  await send(inbox.url, eventLike(CHECKOUT));
  await send(inbox.url, eventLike(CHECKOUT), 'whsec_forged_of_the_tests');
  await settled({ done: 1 });
  expect(lines.join()).toContain(eventLike(CHECKOUT).id);
  expect(lines.join()).not.toMatch(/whsec_|hop-secret|ada@example\.com/);
});

test('events acknowledged before a stop are delivered after the next start', async () => {
  ghost.answer = () => 503;
  await send(inbox.url, eventLike(CHECKOUT));
  await vi.waitFor(() => expect(ghost.arrivals).not.toEqual([]));
  await inbox.stop();
  ghost.answer = () => 200;
  inbox = await startInbox(env, lines);
  await settled({ done: 1 });
});

test('a crowd of invoices that come before their checkouts does not stop deliveries', async () => {
  const paid = new Set<unknown>();
  ghost.answer = ({ type, customer }) => {
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
  for (const invoice of of(INVOICE)) await send(inbox.url, invoice);
  await vi.waitFor(() => expect(ghost.arrivals.length).toBeGreaterThanOrEqual(15));
  expect(await metric('breaker_open')).not.toEqual([expect.stringMatching(/ 1$/)]);
  for (const checkout of of(CHECKOUT)) await send(inbox.url, checkout);
  await settled({ done: 30 });
});
