import { describe, expect, test } from 'vitest';
import { MAIL, until } from '../../fixtures/resend-with-sdk.ts';
import { withReceiver } from '../../fixtures/webhook-receiver.ts';

const lab = withReceiver();

const inbox = () => lab.sandbox.resend.inbox;

describe('webhooks', () => {
  const send = async (to = 'a@example.org') => {
    lab.sandbox.resend.settings.set({ autoDeliver: false, webhookUrl: lab.receiver.url });
    const { data } = await lab.sdk.emails.send({
      ...MAIL,
      to,
      tags: [{ name: 'gb_r', value: 'r1' }],
    });
    return data?.id ?? '';
  };
  const verified = () =>
    lab.receiver.received.map(({ body, ...headers }) =>
      lab.sdk.webhooks.verify({
        payload: body,
        headers,
        webhookSecret: lab.sandbox.resend.webhookSecret,
      }),
    );

  test('tell what happens on command, signed so that the SDK verifies them', async () => {
    const id = await send();
    for (const happen of [inbox().deliver, inbox().open, inbox().delay, inbox().complain])
      happen(id);
    await until(() => lab.receiver.received.length === 4);
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
    await until(() => lab.receiver.received.length === 1);
    expect(verified()[0]?.data).toMatchObject({
      bounce: { type: 'Permanent', subType: 'General', message: expect.any(String) },
    });
    lab.sandbox.resend.settings.set({ autoDeliver: true });
    await lab.sdk.emails.send(MAIL);
    await until(() => lab.receiver.received.length === 2);
    expect(verified()[1]).toMatchObject({ type: 'email.suppressed' });
    expect((await lab.sdk.suppressions.remove('A@example.org')).data).toMatchObject({
      deleted: true,
    });
    expect((await lab.sdk.suppressions.remove('a@example.org')).error).toMatchObject({
      statusCode: 404,
    });
  });

  test('are sent again with the same id until they are taken', async () => {
    lab.receiver.status = 500;
    inbox().deliver(await send());
    await until(() => lab.receiver.received.length >= 2);
    lab.receiver.status = 200;
    await until(() => lab.sandbox.resend.pendingWebhooks() === 0);
    expect(new Set(lab.receiver.received.map(({ id }) => id)).size).toBe(1);
  });

  test('may come twice', async () => {
    lab.sandbox.resend.settings.set({ webhookCopies: 2 });
    inbox().deliver(await send());
    await until(() => lab.receiver.received.length === 2);
    expect(lab.receiver.received[0]?.id).toBe(lab.receiver.received[1]?.id);
  });

  test('made by the SDK have a secret of their own and the types they ask for', async () => {
    const created = await lab.sdk.webhooks.create({
      endpoint: lab.receiver.url,
      events: ['email.opened'],
    });
    const { data } = await lab.sdk.emails.send(MAIL);
    await until(() => inbox().get(data?.id ?? '').lastEvent === 'delivered');
    inbox().open(data?.id ?? '');
    await until(() => lab.receiver.received.length === 1);
    expect(created.data?.signing_secret).toMatch(/^whsec_/);
    expect(lab.receiver.received[0]?.body).toContain('email.opened');
    expect((await lab.sdk.webhooks.list()).data?.data).toMatchObject([
      { endpoint: lab.receiver.url, status: 'enabled' },
    ]);
  });

  test("Resend's own test addresses bounce and complain by themselves", async () => {
    lab.sandbox.resend.settings.set({ webhookUrl: lab.receiver.url });
    await lab.sdk.emails.send({ ...MAIL, to: 'bounced+x@resend.dev' });
    await lab.sdk.emails.send({ ...MAIL, to: 'complained@resend.dev' });
    await until(() => lab.receiver.received.length === 3);
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
    const { data } = await lab.sdk.emails.send({ ...MAIL, subject: '<Subject>', html });
    const list = await (await fetch(`${lab.sandbox.resend.url}/inbox`)).text();
    expect(list).toContain(`/inbox/${data?.id}`);
    expect(list).not.toContain('<Subject>');
    const page = await (await fetch(`${lab.sandbox.resend.url}/inbox/${data?.id}`)).text();
    expect(page).toContain('<iframe sandbox="allow-popups" srcdoc="');
    expect(page).not.toContain('<script>');
  });

  test('let things happen by a button, and by a program, whatever faults the API has', async () => {
    const { data } = await lab.sdk.emails.send(MAIL);
    const path = `${lab.sandbox.resend.url}/inbox/${data?.id}`;
    lab.sandbox.resend.faults.set([{ fault: { dropBeforeHandling: true } }]);
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
      await (await fetch(`${lab.sandbox.resend.url}/inbox.json?to=a@example.org`)).json(),
    ).toHaveLength(1);
    expect(
      (await fetch(`${lab.sandbox.resend.url}/inbox/none/open`, { method: 'POST' })).status,
    ).toBe(404);
  });

  test('are at the console too', async () => {
    await lab.sdk.emails.send(MAIL);
    expect(await (await fetch(`${lab.sandbox.url}/resend/mails`)).json()).toHaveLength(1);
    expect(await (await fetch(lab.sandbox.url)).text()).toContain('Mails: 1');
  });
});
