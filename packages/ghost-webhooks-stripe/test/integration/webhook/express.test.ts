import { createServer, type RequestListener } from 'node:http';
import { type Listener, listen } from '@prosora/service';
import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { sign } from '../../../src/index.ts';
import {
  createStripeWebhook,
  type ReceivedEvent,
  type Refusal,
} from '../../../src/webhook/node.ts';
import { bytesOf, eventLike } from '../../fixtures/events.ts';
import { STRIPE_SECRET } from '../../fixtures/running-inbox.ts';

const event = eventLike(4);
const secrets = [STRIPE_SECRET];
let listener: Listener;
let recorded: ReceivedEvent[] = [];
let refusals: Refusal[] = [];

afterEach(() => listener.close(0));

const webhook = (limits: { maxBodyBytes?: number; bodyTimeoutMs?: number } = {}) => {
  recorded = [];
  refusals = [];
  return createStripeWebhook({
    secrets,
    record: async (received) => void recorded.push(received),
    onRefusal: (refusal) => refusals.push(refusal),
    ...limits,
  });
};
const serve = async (handler: RequestListener) => {
  listener = await listen(createServer(handler), { host: '127.0.0.1', port: 0 });
};
const post = async (
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
) => {
  const signature = sign(bytesOf(event), { secrets });
  const response = await fetch(listener.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature, ...headers },
    body,
    ...({ duplex: 'half' } as object),
  });
  return { status: response.status, text: await response.text() };
};
const bytes = () => new Uint8Array(bytesOf(event));
const received = { status: 200, text: '{"received":true}' };

test('it takes events in an Express app', async () => {
  await serve(express().use(webhook()));
  expect(await post(bytes())).toEqual(received);
  expect(recorded[0]?.event).toEqual(event);
});

test('it takes events from node:http alone, announced or chunked', async () => {
  await serve(webhook());
  expect(await post(bytes())).toEqual(received);
  expect(await post(new Blob([bytes()]).stream())).toEqual(received);
  expect(recorded.map(({ body }) => Buffer.from(body))).toEqual([bytesOf(event), bytesOf(event)]);
});

test('after express.json() it names the mistake instead of refusing every event as forged', async () => {
  await serve(express().use(express.json(), webhook()));
  const answer = await post(bytes());
  expect(answer.status).toBe(500);
  expect(answer.text).toContain('mount this handler ahead of any body parser');
  expect(refusals).toEqual(['body_consumed']);
});

test('after express.raw() it uses the bytes that are there', async () => {
  await serve(express().use(express.raw({ type: 'application/json' }), webhook()));
  expect(await post(bytes())).toEqual(received);
});

test('it uses the rawBody that some platforms leave beside what they parsed', async () => {
  const keepRaw = express.json({
    verify: (request, _response, raw) => Object.assign(request, { rawBody: raw }),
  });
  await serve(express().use(keepRaw, webhook()));
  expect(await post(bytes())).toEqual(received);
});

test('it refuses what is too large, compressed or not JSON', async () => {
  await serve(webhook({ maxBodyBytes: 100 }));
  expect((await post(bytes())).status).toBe(413);
  expect((await post('{}', { 'content-encoding': 'gzip' })).status).toBe(415);
  expect((await post('{}', { 'content-type': 'text/plain' })).status).toBe(415);
  expect(refusals).toEqual(['body_too_large', 'body_encoded', 'content_type']);
});

test('it refuses a body that trickles', async () => {
  await serve(webhook({ bodyTimeoutMs: 100 }));
  const endless = new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(1)) });
  expect((await post(endless)).status).toBe(408);
});

test('it is for POST only', async () => {
  await serve(webhook());
  const response = await fetch(listener.url);
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
});
