import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Listener, listen } from '@prosora/service';
import type { Resend as ResendSdk } from 'resend';
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
let receiver: Listener;
let received: { headers: Record<string, string>; body: string }[] = [];
let receiverStatus = 200;

beforeAll(async () => {
  lab = await startResendWithSdk();
  ({ sandbox, sdk } = lab);
  const server = createServer(async (request, response) => {
    received.push({
      headers: request.headers as Record<string, string>,
      body: await text(request),
    });
    response.writeHead(receiverStatus).end();
  });
  receiver = await listen(server, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await sandbox.reset();
  received = [];
  receiverStatus = 200;
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await receiver.close();
});

const inbox = () => sandbox.resend.inbox;

describe('webhooks', () => {
  const send = async (to = 'a@example.org') => {
    sandbox.resend.settings.set({ autoDeliver: false, webhookUrl: receiver.url });
    const { data } = await sdk.emails.send({ ...MAIL, to, tags: [{ name: 'gb_r', value: 'r1' }] });
    return data?.id ?? '';
  };
  const verified = () =>
    received.map(({ headers, body }) =>
      sdk.webhooks.verify({
        payload: body,
        headers: {
          id: headers['svix-id'] ?? '',
          timestamp: headers['svix-timestamp'] ?? '',
          signature: headers['svix-signature'] ?? '',
        },
        webhookSecret: sandbox.resend.webhookSecret,
      }),
    );

  test('tell what happens on command, signed so that the SDK verifies them', async () => {
    const id = await send();
    for (const happen of [inbox().deliver, inbox().open, inbox().delay, inbox().complain])
      happen(id);
    await until(() => received.length === 4);
    const events = verified();
    expect(events.map((event) => event.type).toSorted()).toEqual([
      'email.complained',
      'email.delivered',
      'email.delivery_delayed',
      'email.opened',
    ]);
    expect(events[0]?.data).toMatchObject({
      email_id: id,
      to: ['a@example.org'],
      tags: { gb_r: 'r1' },
    });
  });

  test('a bounce is described and suppresses the address', async () => {
    inbox().bounce(await send());
    await until(() => received.length === 1);
    expect(verified()[0]?.data).toMatchObject({
      bounce: { type: 'Permanent', subType: 'General', message: expect.any(String) },
    });
    sandbox.resend.settings.set({ autoDeliver: true });
    await sdk.emails.send(MAIL);
    await until(() => received.length === 2);
    expect(verified()[1]).toMatchObject({ type: 'email.suppressed' });
    expect((await sdk.suppressions.remove('A@example.org')).data).toMatchObject({ deleted: true });
    expect((await sdk.suppressions.remove('a@example.org')).error).toMatchObject({
      statusCode: 404,
    });
  });

  test('are sent again with the same id until they are taken', async () => {
    receiverStatus = 500;
    inbox().deliver(await send());
    await until(() => received.length >= 2);
    receiverStatus = 200;
    await until(() => sandbox.resend.pendingWebhooks() === 0);
    expect(new Set(received.map(({ headers }) => headers['svix-id'])).size).toBe(1);
  });

  test('may come twice', async () => {
    sandbox.resend.settings.set({ webhookCopies: 2 });
    inbox().deliver(await send());
    await until(() => received.length === 2);
    expect(received[0]?.headers['svix-id']).toBe(received[1]?.headers['svix-id']);
  });

  test('made by the SDK have a secret of their own and the types they ask for', async () => {
    const created = await sdk.webhooks.create({ endpoint: receiver.url, events: ['email.opened'] });
    const { data } = await sdk.emails.send(MAIL);
    await until(() => inbox().get(data?.id ?? '').lastEvent === 'delivered');
    inbox().open(data?.id ?? '');
    await until(() => received.length === 1);
    expect(created.data?.signing_secret).toMatch(/^whsec_/);
    expect(received[0]?.body).toContain('email.opened');
    expect((await sdk.webhooks.list()).data?.data).toMatchObject([
      { endpoint: receiver.url, status: 'enabled' },
    ]);
  });

  test("Resend's own test addresses bounce and complain by themselves", async () => {
    sandbox.resend.settings.set({ webhookUrl: receiver.url });
    await sdk.emails.send({ ...MAIL, to: 'bounced+x@resend.dev' });
    await sdk.emails.send({ ...MAIL, to: 'complained@resend.dev' });
    await until(() => received.length === 3);
    expect(
      verified()
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['email.bounced', 'email.complained', 'email.delivered']);
  });
});

describe('the mailboxes as pages', () => {
  test('show a mail as its reader sees it, with scripts kept out', async () => {
    const html = '<h1>Hi</h1><script>alert(1)</script>"quotes"';
    const { data } = await sdk.emails.send({ ...MAIL, subject: '<Subject>', html });
    const list = await (await fetch(`${sandbox.resend.url}/inbox`)).text();
    expect(list).toContain(`/inbox/${data?.id}`);
    expect(list).not.toContain('<Subject>');
    const page = await (await fetch(`${sandbox.resend.url}/inbox/${data?.id}`)).text();
    expect(page).toContain('<iframe sandbox="allow-popups" srcdoc="');
    expect(page).not.toContain('<script>');
  });

  test('let things happen by a button, and by a program, whatever faults the API has', async () => {
    const { data } = await sdk.emails.send(MAIL);
    const path = `${sandbox.resend.url}/inbox/${data?.id}`;
    sandbox.resend.faults.set([{ fault: { dropBeforeHandling: true } }]);
    const byButton = await fetch(`${path}/deliver`, {
      method: 'POST',
      headers: { accept: 'text/html' },
      redirect: 'manual',
    });
    expect(byButton.status).toBe(303);
    const byProgram = await fetch(`${path}/complain`, {
      method: 'POST',
      headers: { accept: 'application/json' },
    });
    expect(await byProgram.json()).toMatchObject({ id: data?.id, lastEvent: 'complained' });
    expect(
      await (await fetch(`${sandbox.resend.url}/inbox.json?to=a@example.org`)).json(),
    ).toHaveLength(1);
    expect((await fetch(`${sandbox.resend.url}/inbox/none/open`, { method: 'POST' })).status).toBe(
      404,
    );
  });

  test('are at the console too', async () => {
    await sdk.emails.send(MAIL);
    expect(await (await fetch(`${sandbox.url}/resend/mails`)).json()).toHaveLength(1);
    expect(await (await fetch(sandbox.url)).text()).toContain('Mails: 1');
  });
});
