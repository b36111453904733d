import { setTimeout as delay } from 'node:timers/promises';
import { Resend as ResendSdk } from 'resend';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/index.ts';
import {
  MAIL,
  type ResendWithSdk,
  startResendWithSdk,
  until,
} from '../../fixtures/resend-with-sdk.ts';

let lab: ResendWithSdk;
let sandbox: Sandbox;
let sdk: ResendSdk;

beforeAll(async () => {
  lab = await startResendWithSdk();
  ({ sandbox, sdk } = lab);
});
afterEach(() => sandbox.reset());
afterAll(() => lab[Symbol.asyncDispose]());

const inbox = () => sandbox.resend.inbox;

describe('sending by the SDK', () => {
  test('a mail has an id and can be read back as it was sent', async () => {
    const tags = [{ name: 'kind', value: 'test' }];
    const { data, error } = await sdk.emails.send({
      ...MAIL,
      html: '<p>Hello</p>',
      tags,
      replyTo: 'r@example.com',
      headers: { 'X-A': 'b' },
    });
    expect(error).toBeNull();
    await until(() => inbox().get(data?.id ?? '').lastEvent === 'delivered');
    const read = await sdk.emails.get(data?.id ?? '');
    expect(read.data).toMatchObject({
      object: 'email',
      to: ['a@example.org'],
      html: '<p>Hello</p>',
      tags,
      last_event: 'delivered',
    });
    expect(inbox().list('a@example.org')).toHaveLength(1);
  });

  test('a list comes in pages, newest first', async () => {
    for (const subject of ['one', 'two', 'three']) await sdk.emails.send({ ...MAIL, subject });
    const first = await sdk.emails.list({ limit: 2 });
    expect(first.data).toMatchObject({
      has_more: true,
      data: [{ subject: 'three' }, { subject: 'two' }],
    });
    const after = first.data?.data.at(-1)?.id ?? '';
    expect((await sdk.emails.list({ limit: 2, after })).data).toMatchObject({
      has_more: false,
      data: [{ subject: 'one' }],
    });
  });

  test('a strict batch with one wrong mail is refused whole', async () => {
    const { data, error } = await sdk.batch.send([MAIL, { ...MAIL, to: 'nobody' }]);
    expect(data).toBeNull();
    expect(error).toMatchObject({ name: 'validation_error', statusCode: 422 });
    expect(inbox().list()).toEqual([]);
  });

  test('a permissive batch sends the others and names the wrong one', async () => {
    const { data } = await sdk.batch.send(
      [MAIL, { ...MAIL, to: 'nobody' }, { ...MAIL, to: 'c@example.org' }],
      { batchValidation: 'permissive' },
    );
    expect(data?.data).toHaveLength(2);
    expect(data?.errors).toEqual([
      { index: 1, message: expect.stringContaining('Invalid `to` field') },
    ]);
    expect(data?.data.map(({ id }) => inbox().get(id).to[0])).toEqual([
      'a@example.org',
      'c@example.org',
    ]);
  });

  test('more than a hundred in a batch are refused', async () => {
    const { error } = await sdk.batch.send(Array(101).fill(MAIL));
    expect(error).toMatchObject({ statusCode: 422 });
  });

  test('a scheduled mail waits, can be moved and called off', async () => {
    const scheduledAt = new Date(Date.now() + 3_600_000).toISOString();
    const { data } = await sdk.emails.send({ ...MAIL, scheduledAt });
    const id = data?.id ?? '';
    const later = new Date(Date.now() + 7_200_000).toISOString();
    expect((await sdk.emails.update({ id, scheduledAt: later })).error).toBeNull();
    expect((await sdk.emails.get(id)).data).toMatchObject({
      last_event: 'scheduled',
      scheduled_at: later,
    });
    expect((await sdk.emails.cancel(id)).error).toBeNull();
    expect(inbox().get(id).lastEvent).toBe('canceled');
    expect((await sdk.emails.cancel(id)).error).toMatchObject({ statusCode: 422 });
  });
});

describe('idempotency keys', () => {
  test('the same request again has the same answer and sends nothing', async () => {
    const first = await sdk.batch.send([MAIL], { idempotencyKey: 'key-1' });
    const again = await sdk.batch.send([MAIL], { idempotencyKey: 'key-1' });
    expect(again.data).toEqual(first.data);
    expect(inbox().list()).toHaveLength(1);
  });

  test('another body under a used key is a conflict', async () => {
    await sdk.emails.send(MAIL, { idempotencyKey: 'key-2' });
    const { error } = await sdk.emails.send(
      { ...MAIL, text: 'Other' },
      { idempotencyKey: 'key-2' },
    );
    expect(error).toMatchObject({ statusCode: 409, name: 'invalid_idempotent_request' });
  });

  test('a key in use is a conflict', async () => {
    sandbox.resend.settings.set({ minLatencyMs: 200, maxLatencyMs: 200 });
    const send = () => sdk.emails.send(MAIL, { idempotencyKey: 'key-3' });
    const answers = await Promise.all([send(), send()]);
    const names = answers.map(({ error }) => error?.name);
    expect(names).toContain('concurrent_idempotent_requests');
    expect(inbox().list()).toHaveLength(1);
  });

  test('a lost answer is there when asked again', async () => {
    sandbox.resend.faults.set([{ match: { times: 1 }, fault: { dropAfterAccept: true } }]);
    const lost = await sdk.emails.send(MAIL, { idempotencyKey: 'key-4' });
    expect(lost.error).toMatchObject({ name: 'application_error' });
    const { data } = await sdk.emails.send(MAIL, { idempotencyKey: 'key-4' });
    expect(
      inbox()
        .list()
        .map(({ id }) => id),
    ).toEqual([data?.id]);
  });

  test('a key that is too long is refused, a refusal is not kept', async () => {
    expect((await sdk.emails.send(MAIL, { idempotencyKey: 'x'.repeat(257) })).error).toMatchObject({
      statusCode: 400,
      name: 'invalid_idempotency_key',
    });
    await sdk.emails.send({ ...MAIL, to: 'nobody' }, { idempotencyKey: 'key-5' });
    expect((await sdk.emails.send(MAIL, { idempotencyKey: 'key-5' })).error).toBeNull();
  });
});

describe('limits', () => {
  test.each(['fixed-window', 'sliding-log', 'token-bucket'] as const)(
    '%s refuses what is too fast and says so in headers',
    async (limiter) => {
      sandbox.resend.settings.set({ limiter, requestsPerSecond: 2 });
      const answers = await Promise.all(Array.from({ length: 8 }, () => sdk.emails.send(MAIL)));
      const refused = answers.find(({ error }) => error?.name === 'rate_limit_exceeded');
      expect(refused?.error).toMatchObject({ statusCode: 429 });
      expect(refused?.headers).toMatchObject({
        'ratelimit-limit': '2',
        'ratelimit-remaining': '0',
        'retry-after': '1',
      });
    },
  );

  test('a used-up quota refuses the whole batch', async () => {
    sandbox.resend.settings.set({ dailyQuota: 2 });
    expect((await sdk.batch.send([MAIL, MAIL, MAIL])).error).toMatchObject({
      statusCode: 429,
      name: 'daily_quota_exceeded',
    });
    expect((await sdk.batch.send([MAIL, MAIL])).error).toBeNull();
    expect((await sdk.emails.send(MAIL)).error).toMatchObject({ name: 'daily_quota_exceeded' });
    sandbox.resend.settings.set({ dailyQuota: null, monthlyQuota: 2 });
    expect((await sdk.emails.send(MAIL)).error).toMatchObject({ name: 'monthly_quota_exceeded' });
  });
});

describe('keys and domains', () => {
  test('a wrong key, and one that may only send, are told apart', async () => {
    const wrong = new ResendSdk('re_wrong', { baseUrl: sandbox.resend.url });
    expect((await wrong.emails.send(MAIL)).error).toMatchObject({
      statusCode: 403,
      name: 'invalid_api_key',
    });
    const sending = new ResendSdk(sandbox.resend.sendingKey, { baseUrl: sandbox.resend.url });
    expect((await sending.emails.send(MAIL)).error).toBeNull();
    expect((await sending.domains.list()).error).toMatchObject({
      statusCode: 401,
      name: 'restricted_api_key',
    });
  });

  test('a sender needs a verified domain once that is asked for', async () => {
    sandbox.resend.settings.set({ anyDomain: false });
    expect((await sdk.emails.send(MAIL)).error).toBeNull();
    const other = { ...MAIL, from: 'lab@other.example' };
    expect((await sdk.emails.send(other)).error).toMatchObject({
      statusCode: 403,
      name: 'validation_error',
    });
    const { data } = await sdk.domains.create({ name: 'other.example' });
    expect((await sdk.emails.send(other)).error).toMatchObject({ statusCode: 403 });
    await sdk.domains.verify(data?.id ?? '');
    expect((await sdk.emails.send(other)).error).toBeNull();
    expect((await sdk.domains.list()).data?.data.map(({ name }) => name)).toEqual([
      'example.com',
      'other.example',
    ]);
  });
});

test('a restart forgets nothing that was answered', async () => {
  const sent = await sdk.emails.send(MAIL, { idempotencyKey: 'kept' });
  await lab.restart();
  ({ sandbox, sdk } = lab);
  expect((await sdk.emails.send(MAIL, { idempotencyKey: 'kept' })).data).toEqual(sent.data);
  expect(inbox().list()).toHaveLength(1);
});

test('a call under way when the sandbox stops is answered, and its mail is delivered after the next start', async () => {
  lab.sandbox.resend.settings.set({ minLatencyMs: 300, maxLatencyMs: 300, deliverAfterMs: 400 });
  const sending = sdk.emails.send(MAIL);
  await delay(50);
  await lab.restart();
  ({ sandbox, sdk } = lab);
  expect((await sending).error).toBeNull();
  // What the stopped one had planned would fall due now.
  await delay(300);
  await until(() => inbox().list().at(-1)?.lastEvent === 'delivered');
});
