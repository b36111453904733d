import type { WebhookEvent } from 'resend';
import { describe, expect, test } from 'vitest';
import { MAIL, until } from '../../fixtures/resend-with-sdk.ts';
import { withReceiver } from '../../fixtures/webhook-receiver.ts';

const lab = withReceiver();

/** A webhook made by the SDK, and so many mails that were delivered since. */
async function reported(mails: number, events: WebhookEvent[] = ['email.delivered']) {
  const created = await lab.sdk.webhooks.create({ endpoint: lab.receiver.url, events });
  for (let mail = 0; mail < mails; mail++) {
    await lab.sdk.emails.send({ ...MAIL, tags: [{ name: 'gb_r', value: `r${mail}` }] });
  }
  await until(
    () => lab.receiver.received.length >= mails && lab.sandbox.resend.pendingWebhooks() === 0,
  );
  const { id: webhookId = '', signing_secret: secret = '' } = created.data ?? {};
  return { webhookId, secret };
}

describe('what was made for a webhook', () => {
  test('is listed by the SDK, the newest first and in pages, under the ids that were sent', async () => {
    const { webhookId } = await reported(3);
    const first = await lab.sdk.webhooks.events.list({ webhookId, limit: 2 });
    expect(first.data).toMatchObject({
      object: 'list',
      has_more: true,
      data: [
        { type: 'email.delivered', status: 'success' },
        { type: 'email.delivered', status: 'success' },
      ],
    });
    const after = first.data?.data.at(-1)?.id ?? '';
    const rest = await lab.sdk.webhooks.events.list({ webhookId, limit: 2, after });
    expect(rest.data).toMatchObject({ has_more: false });
    const listed = [...(first.data?.data ?? []), ...(rest.data?.data ?? [])].map(({ id }) => id);
    expect(listed.toReversed()).toEqual(lab.receiver.received.map(({ id }) => id));
  });

  test('is read one by one with the body as it was sent', async () => {
    const { webhookId } = await reported(1);
    const [sent] = lab.receiver.received;
    const { data } = await lab.sdk.webhooks.events.get({ webhookId, eventId: sent?.id ?? '' });
    expect(data).toMatchObject({
      object: 'webhook_event',
      status: 'success',
      next_attempt_at: null,
    });
    expect(data?.payload).toEqual(JSON.parse(sent?.body ?? ''));
  });

  test('has an attempt for each try, and fails after the last', async () => {
    lab.receiver.status = 503;
    const { webhookId } = await reported(1);
    const eventId = lab.receiver.received[0]?.id ?? '';
    const { data } = await lab.sdk.webhooks.events.attempts.list({ webhookId, eventId, limit: 3 });
    expect(lab.receiver.received).toHaveLength(4);
    expect(data).toMatchObject({ object: 'list', has_more: true });
    expect(data?.data).toHaveLength(3);
    expect(data?.data[0]).toMatchObject({ http_status_code: 503, response: 'answer 503' });
    const event = await lab.sdk.webhooks.events.get({ webhookId, eventId });
    expect(event.data).toMatchObject({ status: 'failed', next_attempt_at: null });
  });

  test('does not exist while the webhook is switched off, or for another type or webhook', async () => {
    const { webhookId } = await reported(0, ['email.opened']);
    await lab.sdk.emails.send(MAIL);
    await until(() => lab.sandbox.resend.inbox.list()[0]?.lastEvent === 'delivered');
    await lab.sdk.webhooks.update(webhookId, { events: ['email.bounced'], status: 'disabled' });
    lab.sandbox.resend.inbox.bounce(lab.sandbox.resend.inbox.list()[0]?.id ?? '');
    expect((await lab.sdk.webhooks.events.list({ webhookId })).data?.data).toEqual([]);
    expect(
      (await lab.sdk.webhooks.events.get({ webhookId, eventId: 'msg_x' })).error,
    ).toMatchObject({
      statusCode: 404,
    });
    expect((await lab.sdk.webhooks.events.list({ webhookId: 'other' })).error).toMatchObject({
      statusCode: 404,
    });
  });

  test('goes forward only', async () => {
    const { webhookId } = await reported(1);
    const { url, apiKey } = lab.sandbox.resend;
    const answer = await fetch(
      `${url}/webhooks/${webhookId}/events?before=${lab.receiver.received[0]?.id}`,
      {
        headers: { authorization: `Bearer ${apiKey}` },
      },
    );
    expect(answer.status).toBe(422);
  });

  test('outlives a restart', async () => {
    const { webhookId } = await reported(2);
    await lab.restart();
    expect((await lab.sdk.webhooks.events.list({ webhookId })).data?.data).toHaveLength(2);
  });
});

describe('a replay', () => {
  test('sends the same event under the same id and a fresh signature, once', async () => {
    lab.receiver.status = 503;
    const { webhookId, secret } = await reported(1);
    const eventId = lab.receiver.received[0]?.id ?? '';
    lab.receiver.received = [];
    expect((await lab.sdk.webhooks.events.replay({ webhookId, eventId })).data).toEqual({
      object: 'webhook_event',
      id: eventId,
    });
    await until(
      () => lab.receiver.received.length === 1 && lab.sandbox.resend.pendingWebhooks() === 0,
    );
    lab.receiver.status = 200;
    await lab.sdk.webhooks.events.replay({ webhookId, eventId });
    await until(
      () => lab.receiver.received.length === 2 && lab.sandbox.resend.pendingWebhooks() === 0,
    );
    const { body: payload = '', ...headers } = lab.receiver.received[1] ?? {
      id: '',
      timestamp: '',
      signature: '',
    };
    expect(lab.sdk.webhooks.verify({ payload, headers, webhookSecret: secret })).toMatchObject({
      type: 'email.delivered',
      data: { tags: { gb_r: 'r0' } },
    });
    expect(headers.id).toBe(eventId);
    const { data } = await lab.sdk.webhooks.events.get({ webhookId, eventId });
    expect(data?.status).toBe('success');
  });

  test('is refused while the webhook is switched off', async () => {
    const { webhookId } = await reported(1);
    await lab.sdk.webhooks.update(webhookId, { status: 'disabled' });
    const eventId = lab.receiver.received[0]?.id ?? '';
    expect((await lab.sdk.webhooks.events.replay({ webhookId, eventId })).error).toMatchObject({
      statusCode: 422,
      name: 'validation_error',
    });
  });
});

test('a rotated secret signs from then on', async () => {
  const { webhookId, secret } = await reported(0);
  const { data } = await lab.sdk.webhooks.rotateSigningSecret(webhookId);
  expect(data).toMatchObject({ object: 'webhook', id: webhookId });
  expect(data?.signing_secret).not.toBe(secret);
  expect((await lab.sdk.webhooks.get(webhookId)).data?.signing_secret).toBe(data?.signing_secret);
});

test('suppressions are taken off a hundred at a time, by address or by id', async () => {
  const emails = ['a@example.org', 'b@example.org'];
  const added = await lab.sdk.suppressions.batch.add({ emails });
  const removed = await lab.sdk.suppressions.batch.remove({
    emails: ['A@example.org', 'x@example.org'],
  });
  expect(removed.data?.data).toEqual([
    { object: 'suppression', id: added.data?.data[0]?.id, deleted: true },
  ]);
  const ids = [added.data?.data[1]?.id ?? ''];
  expect((await lab.sdk.suppressions.batch.remove({ ids })).data?.data).toMatchObject([
    { deleted: true },
  ]);
  const many = Array.from({ length: 101 }, (_, at) => `${at}@example.org`);
  expect((await lab.sdk.suppressions.batch.remove({ emails: many })).error?.statusCode).toBe(422);
  expect((await lab.sdk.suppressions.list()).data?.data).toEqual([]);
});
