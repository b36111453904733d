import { expect, test } from 'vitest';
import { sign } from '../../../src/index.ts';
import type { ReceivedEvent, Refusal } from '../../../src/webhook/web.ts';
import { createStripeWebhook } from '../../../src/webhook/web.ts';
import { bytesOf, eventLike } from '../../fixtures/events.ts';

const secrets = ['whsec_web_of_the_tests'];
const event = eventLike(4);

function setUp(limits: { maxBodyBytes?: number; bodyTimeoutMs?: number } = {}) {
  const recorded: ReceivedEvent[] = [];
  const refusals: Refusal[] = [];
  const webhook = createStripeWebhook({
    secrets,
    record: async (received) => void recorded.push(received),
    onRefusal: (refusal) => refusals.push(refusal),
    ...limits,
  });
  return { webhook, recorded, refusals };
}

const requestWith = (
  body: NonNullable<RequestInit['body']> | null,
  headers: Record<string, string> = {},
) =>
  new Request('https://blog.example.com/stripe', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'stripe-signature': sign(bytesOf(event), { secrets }),
      ...headers,
    },
    body,
    ...({ duplex: 'half' } as object),
  });
const bytes = () => new Uint8Array(bytesOf(event));

test('a signed request is recorded and acknowledged, whole or in chunks', async () => {
  const { webhook, recorded } = setUp();
  const response = await webhook(requestWith(bytes()));
  expect([response.status, await response.text()]).toEqual([200, '{"received":true}']);
  expect((await webhook(requestWith(new Blob([bytes()]).stream()))).status).toBe(200);
  expect(recorded.map(({ body }) => Buffer.from(body))).toEqual([bytesOf(event), bytesOf(event)]);
});

test('a body that was read before is answered with the name of the mistake', async () => {
  const { webhook, refusals } = setUp();
  const request = requestWith(bytes());
  await request.json();
  const response = await webhook(request);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('ahead of request.json()');
  expect(refusals).toEqual(['body_consumed']);
});

test('what is too large, compressed, trickling or empty is refused', async () => {
  const { webhook, refusals } = setUp({ maxBodyBytes: 100, bodyTimeoutMs: 50 });
  expect((await webhook(requestWith(bytes()))).status).toBe(413);
  expect((await webhook(requestWith(new Blob([bytes()]).stream()))).status).toBe(413);
  expect((await webhook(requestWith('{}', { 'content-encoding': 'gzip' }))).status).toBe(415);
  const endless = new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(1)) });
  expect((await webhook(requestWith(endless))).status).toBe(408);
  expect((await webhook(requestWith(null))).status).toBe(400);
  expect(refusals).toEqual([
    'body_too_large',
    'body_too_large',
    'body_encoded',
    'body_timeout',
    'no_payload',
  ]);
});
