import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sign as signBody } from '../../../src/index.ts';
import { REFUSALS, type Refusal } from '../../../src/webhook/receive.ts';
import { bytesOf, eventLike } from '../../fixtures/events.ts';
import { type InboxWithGhost, startInboxWithGhost } from '../../fixtures/inbox-with-ghost.ts';
import { STRIPE_SECRET, send } from '../../fixtures/running-inbox.ts';

const CHECKOUT = 4;
const INVOICE = 6;

let site: InboxWithGhost;
beforeEach(async () => {
  site = await startInboxWithGhost();
});
afterEach(() => site[Symbol.asyncDispose]());

describe('when it cannot be sure', () => {
  test('a wrong signature is answered 400 with nothing, and nothing is kept', async () => {
    expect(await send(site.inbox.url, eventLike(CHECKOUT), 'whsec_forged_of_the_tests')).toBe(400);
    expect(await site.metric('refusals_total')).toEqual([
      expect.stringMatching(/reason="no_match".* 1$/),
    ]);
    expect(await site.metric('events_total')).toEqual([]);
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
      fetch(`${site.inbox.url}/members/webhooks/stripe/`, {
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
      expect(await site.metric(`refusals_total{reason="${reason}"`)).toEqual([
        expect.stringMatching(/ 1$/),
      ]);
    }
    expect(await site.metric('events_total')).toEqual([]);
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
    await site.inbox.stop();
    await site.start({ PROSORA_STRIPE_MAX_EVENTS: '1' });
    expect(await send(site.inbox.url, eventLike(CHECKOUT))).toBe(200);
    expect(await send(site.inbox.url, eventLike(INVOICE))).toBe(503);
    expect(await site.metric('refusals_total')).toEqual([
      expect.stringMatching(/reason="inbox_full".* 1$/),
    ]);
  });

  test('a locked database is answered 503, and works again by itself', async () => {
    using other = new DatabaseSync(`${site.env['PROSORA_STRIPE_DATA_DIR']}/inbox.db`);
    other.exec('BEGIN IMMEDIATE');
    expect(await send(site.inbox.url, eventLike(CHECKOUT))).toBe(503);
    expect((await fetch(`${site.inbox.privateUrl}/readyz`)).status).toBe(503);
    other.exec('ROLLBACK');
    expect(await send(site.inbox.url, eventLike(CHECKOUT))).toBe(200);
    expect((await fetch(`${site.inbox.privateUrl}/readyz`)).status).toBe(200);
    await site.settled({ done: 1 });
  });

  test('only the path of the webhooks is there, with and without its last slash', async () => {
    const post = (path: string) =>
      fetch(site.inbox.url + path, { method: 'POST' }).then(({ status }) => status);
    expect(await post('/members/webhooks/stripe')).toBe(415);
    expect(await post('/members/webhooks/stripe/')).toBe(415);
    expect(await post('/')).toBe(404);
    expect(await post('/members/webhooks/stripe/more')).toBe(404);
  });
});
