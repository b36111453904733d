import { describe, expect, test } from 'vitest';
import { sign } from '../../src/index.ts';
import { fieldsOf } from '../../src/webhook/event.ts';
import {
  createReceiver,
  REFUSALS,
  type ReceivedEvent,
  type Refusal,
  RefusedRequest,
  type WebhookRequest,
} from '../../src/webhook/receive.ts';
import { secretIdOf } from '../../src/webhook/secret-id.ts';
import { bytesOf, eventLike } from '../fixtures/events.ts';
import thin from '../fixtures/events-2026/thin-v1.customer.subscription.updated.json' with {
  type: 'json',
};

const NOW = 1_795_000_000_000;
const now = () => NOW;
const secrets = ['whsec_receive_of_the_tests'];
const event = eventLike(4);

interface Setup {
  body?: Uint8Array;
  request?: Partial<WebhookRequest>;
  record?: () => Promise<void>;
}

async function receive({ body = bytesOf(event), request = {}, record }: Setup = {}) {
  const recorded: ReceivedEvent[] = [];
  const refusals: Refusal[] = [];
  const receiver = createReceiver({
    secrets,
    now,
    record: record ?? (async (received) => void recorded.push(received)),
    onRefusal: (refusal) => refusals.push(refusal),
  });
  const answer = await receiver({
    method: 'POST',
    contentType: 'application/json; charset=utf-8',
    signature: sign(body, { secrets, now }),
    readBody: async () => body,
    ...request,
  });
  return { answer, recorded, refusals };
}

test('a signed event is recorded as it came, then acknowledged', async () => {
  const { answer, recorded } = await receive();
  expect(answer).toMatchObject({ status: 200, body: '{"received":true}' });
  expect(recorded).toEqual([
    {
      event,
      body: bytesOf(event),
      signature: sign(bytesOf(event), { secrets, now }),
      timestamp: NOW / 1000,
      secretId: secretIdOf('whsec_receive_of_the_tests'),
      remoteAddress: null,
    },
  ]);
});

test('a thin event is recorded too', async () => {
  const { recorded } = await receive({ body: bytesOf(thin) });
  expect(recorded[0]?.event.object).toBe('v2.core.event');
});

describe('refusals', () => {
  const other = 'no scheme here';
  const rightHeader = (shiftMs: number) =>
    sign(bytesOf(event), { secrets, now: () => NOW + shiftMs });
  const text = (value: string) => ({ body: Buffer.from(value) });
  const unreadable = (refusal: Refusal) => ({
    request: {
      readBody: async () => {
        throw new RefusedRequest(refusal, `mount it first: ${refusal}`);
      },
    },
  });

  const CASES: Record<Refusal, Setup[]> = {
    method: [{ request: { method: 'GET' } }, { request: { method: 'HEAD' } }],
    content_type: [
      { request: { contentType: undefined } },
      { request: { contentType: 'text/plain' } },
      { request: { contentType: 'application/jsonp' } },
    ],
    body_encoded: [unreadable('body_encoded')],
    body_too_large: [unreadable('body_too_large')],
    body_timeout: [unreadable('body_timeout')],
    body_aborted: [unreadable('body_aborted')],
    body_consumed: [unreadable('body_consumed')],
    no_payload: [text('')],
    no_header: [{ request: { signature: undefined } }],
    malformed: [{ request: { signature: other } }],
    no_scheme: [{ request: { signature: 't=1795000000' } }],
    too_many: [{ request: { signature: `t=1795000000${',v1=a'.repeat(17)}` } }],
    no_match: [
      {
        request: {
          signature: sign(bytesOf(event), { secrets: ['whsec_other_of_the_tests'], now }),
        },
      },
    ],
    timestamp_old: [{ request: { signature: rightHeader(-301_000) } }],
    timestamp_future: [{ request: { signature: rightHeader(301_000) } }],
    not_an_event: [
      text('} not json ]['),
      text('null'),
      text('[]'),
      text('{"id":"evt_1","object":"customer","type":"x","livemode":false}'),
      text('{"id":"evt_1","object":"event","type":"x","livemode":false}'),
      text('{"id":1,"object":"event","type":"x","livemode":false,"data":{"object":{}}}'),
      { body: Buffer.from([0x22, 0xff, 0x22]) },
    ],
    inbox_full: [
      {
        record: async () => {
          throw new RefusedRequest('inbox_full', 'The inbox holds 10 events.');
        },
      },
    ],
    record_failed: [
      {
        record: async () => {
          throw new Error('the disk is full');
        },
      },
    ],
  };

  test.each(Object.entries(CASES))('%s', async (refusal, setups) => {
    for (const setup of setups) {
      const { answer, recorded, refusals } = await receive(setup);
      expect(answer.status).toBe(REFUSALS[refusal as Refusal]);
      expect(refusals).toEqual([refusal]);
      expect(recorded).toEqual([]);
      expect(answer.body).toBe(refusal === 'body_consumed' ? 'mount it first: body_consumed' : '');
    }
  });

  test('a wrong method is told the right one, and a full disk when to come back', async () => {
    const [wrong] = CASES.method;
    expect((await receive(wrong)).answer.headers).toEqual({ allow: 'POST' });
    const [full] = CASES.record_failed;
    expect((await receive(full)).answer.headers).toEqual({ 'retry-after': '5' });
  });
});

test('a receiver without a secret does not start, nor one that would throw events away', () => {
  const record = async () => undefined;
  expect(() => createReceiver({ secrets: [], record })).toThrow(/no signing secret/);
  expect(() => createReceiver({ secrets })).toThrow(
    expect.objectContaining({ code: 'NO_RECEIVER' }),
  );
});

describe('secrets that change while it runs', () => {
  const signed = (secret: string): WebhookRequest => ({
    method: 'POST',
    contentType: 'application/json',
    signature: sign(bytesOf(event), { secrets: [secret], now }),
    readBody: async () => bytesOf(event),
  });

  test('are those of the moment', async () => {
    let current = ['whsec_one_of_the_tests'];
    const receiver = createReceiver({ secrets: () => current, now, record: async () => undefined });
    expect((await receiver(signed('whsec_two_of_the_tests'))).status).toBe(400);
    current = ['whsec_one_of_the_tests', 'whsec_two_of_the_tests'];
    expect((await receiver(signed('whsec_two_of_the_tests'))).status).toBe(200);
    expect((await receiver(signed('whsec_one_of_the_tests'))).status).toBe(200);
  });

  test('a signature that matches none has them looked up once more', async () => {
    let current = ['whsec_one_of_the_tests'];
    let asked = 0;
    const receiver = createReceiver({
      secrets: () => current,
      now,
      record: async () => undefined,
      onNoMatch: async () => {
        asked += 1;
        current = ['whsec_two_of_the_tests'];
        return asked === 1;
      },
    });
    expect((await receiver(signed('whsec_two_of_the_tests'))).status).toBe(200);
    expect((await receiver(signed('whsec_forged_of_the_tests'))).status).toBe(400);
    expect(asked).toBe(2);
  });
});

describe('typed handlers', () => {
  test('get the event in its own shape and what it means', async () => {
    const told: unknown[] = [];
    const receiver = createReceiver({
      secrets,
      now,
      on: {
        'customer.subscription.deleted': ({ data }) => told.push(data.object.ended_at),
        'subscription.ended': ({ subscription }, { eventId }) => told.push(subscription, eventId),
      },
    });
    const ended = eventLike(12);
    const body = bytesOf(ended);
    const signature = sign(body, { secrets, now });
    const request = { method: 'POST', contentType: 'application/json', signature };
    expect((await receiver({ ...request, readBody: async () => body })).status).toBe(200);
    expect(told).toEqual([fieldsOf(ended)['ended_at'], 'sub_1TestAdaSub000000000001', ended.id]);
  });

  test('one that throws is answered 503, so that Stripe sends the event again', async () => {
    const refusals: Refusal[] = [];
    const receiver = createReceiver({
      secrets,
      now,
      on: { 'checkout.session.completed': () => Promise.reject(new Error('no database')) },
      onRefusal: (refusal) => refusals.push(refusal),
    });
    const body = bytesOf(event);
    const signature = sign(body, { secrets, now });
    const request = { method: 'POST', contentType: 'application/json', signature };
    expect((await receiver({ ...request, readBody: async () => body })).status).toBe(503);
    expect(refusals).toEqual(['record_failed']);
  });
});
