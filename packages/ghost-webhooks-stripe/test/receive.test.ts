import { describe, expect, test } from 'vitest';
import { sign } from '../src/index.ts';
import {
  createReceiver,
  REFUSALS,
  type ReceivedEvent,
  type Refusal,
  RefusedBody,
  type WebhookRequest,
} from '../src/receive.ts';
import { bytesOf, eventLike } from './events.ts';
import thin from './fixtures/events-2026/thin-v1.customer.subscription.updated.json' with {
  type: 'json',
};

const NOW = 1_795_000_000_000;
const now = () => NOW;
const secrets = ['whsec_receive'];
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
      secretIndex: 0,
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
        throw new RefusedBody(refusal, `mount it first: ${refusal}`);
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
    no_match: [{ request: { signature: sign(bytesOf(event), { secrets: ['whsec_other'], now }) } }],
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

test('a receiver without a secret does not start', () => {
  const record = async () => undefined;
  expect(() => createReceiver({ secrets: [], record })).toThrow(/no signing secret/);
});
