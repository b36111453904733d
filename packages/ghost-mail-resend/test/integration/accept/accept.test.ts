import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRoutes } from '../../../src/doctor/mail.ts';
import {
  AUTHORIZATION,
  DOMAIN,
  getEvents,
  type MailLab,
  mailsByAddress,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

let lab: MailLab;
beforeAll(async () => {
  lab = await startMailLab();
});
afterAll(() => lab[Symbol.asyncDispose]());

const fresh = (() => {
  let next = 0;
  return () => `id${next++}`;
})();

describe('accepting', () => {
  test('1,000 recipients with 1.3 MB of variables are taken whole and each gets one mail', async () => {
    const id = fresh();
    const addresses = membersOf(1_000).map((address) => `big-${address}`);
    const padding = 'x'.repeat(1_250);
    const variables = Object.fromEntries(addresses.map((a) => [a, { name: a, padding }]));
    const form = newsletterForm(addresses, {
      'v:email-id': id,
      'recipient-variables': JSON.stringify(variables),
    });
    expect(await post(lab, form)).toMatchObject({ status: 200 });
    await until(
      () => lab.resend.inbox.list().filter(({ to }) => to[0]?.startsWith('big-')).length === 1_000,
    );
    const counts = mailsByAddress(lab.resend);
    expect(addresses.every((address) => counts.get(address) === 1)).toBe(true);
  });

  test("a batch that Ghost sends again is answered with the first id, and the first text is what's sent", async () => {
    const id = fresh();
    const to = [`Again-${id}@Example.org`];
    const first = await post(lab, newsletterForm(to, { 'v:email-id': id, html: 'first' }));
    const second = await post(lab, newsletterForm(to, { 'v:email-id': id, html: 'second' }));
    expect(second).toEqual(first);
    await until(() => lab.resend.inbox.list(to[0]).length > 0);
    const [mail] = lab.resend.inbox.list(to[0]);
    expect(lab.resend.inbox.get(mail?.id ?? '').html).toBe('first');
    expect(lab.resend.inbox.list(to[0])).toHaveLength(1);
  });

  test('of a batch that is partly known only the new recipients are taken', async () => {
    const id = fresh();
    const [one, two] = [`one-${id}@example.org`, `two-${id}@example.org`];
    await post(lab, newsletterForm([one], { 'v:email-id': id }));
    await post(lab, newsletterForm([one, two], { 'v:email-id': id }));
    await until(() => lab.resend.inbox.list(two).length > 0);
    expect(lab.resend.inbox.list(one)).toHaveLength(1);
    expect(lab.resend.inbox.list(two)).toHaveLength(1);
  });

  test('ten at once of the same batch make one mail a recipient', async () => {
    const id = fresh();
    const to = membersOf(5).map((address) => `${id}-${address}`);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(lab, newsletterForm(to, { 'v:email-id': id }))),
    );
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    await until(() => to.every((address) => lab.resend.inbox.list(address).length > 0));
    expect(to.map((address) => lab.resend.inbox.list(address).length)).toEqual([1, 1, 1, 1, 1]);
  });

  test('an automation without an id is taken once a day, a test mail every time', async () => {
    const send = (to: string, tag: string) =>
      post(lab, newsletterForm([to], { 'v:email-id': null, 'o:tag': ['ghost-email', tag] }));
    const [automation, again] = [
      await send('auto@example.org', 'automation-email'),
      await send('auto@example.org', 'automation-email'),
    ];
    expect(again).toEqual(automation);
    const [test1, test2] = [
      await send('test@example.org', 'bulk-email'),
      await send('test@example.org', 'bulk-email'),
    ];
    expect(test2.body['id']).not.toBe(test1.body['id']);
    await until(() => lab.resend.inbox.list('test@example.org').length === 2);
    expect(lab.resend.inbox.list('auto@example.org')).toHaveLength(1);
  });

  test('mail with a delivery time waits for it', async () => {
    const id = fresh();
    const to = `later-${id}@example.org`;
    const at = new Date(Date.now() + 3_000).toUTCString();
    await post(lab, newsletterForm([to], { 'v:email-id': id, 'o:deliverytime': at }));
    expect(lab.resend.inbox.list(to)).toEqual([]);
    await until(() => lab.resend.inbox.list(to).length === 1);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at));
  });

  test('one recipient that is no address is a failure in Ghost, once, and the others get their mail', async () => {
    const id = fresh();
    const to = `beside-${id}@example.org`;
    const form = () => newsletterForm([`not an address ${id}`, to], { 'v:email-id': id });
    expect((await post(lab, form())).status).toBe(200);
    await until(() => lab.resend.inbox.list(to).length === 1);
    await post(lab, form());
    const { items } = await getEvents(lab, { event: 'failed' });
    expect(items.filter(({ recipient }) => recipient.endsWith(id))).toMatchObject([
      { severity: 'permanent', 'delivery-status': { message: 'This is not an address.' } },
    ]);
  });

  test('each recipient of a newsletter has a Message-Id of its own where Ghost gives one', async () => {
    const id = fresh();
    const to = membersOf(2).map((address) => `${id}-${address}`);
    const variables = to.map((address, at) => [address, { message_id: `${id}.${at}@mg.example` }]);
    const answer = await post(
      lab,
      newsletterForm(to, {
        'v:email-id': id,
        'recipient-variables': JSON.stringify(Object.fromEntries(variables)),
        'h:Message-Id': '<%recipient.message_id%>',
      }),
    );
    // Ghost would keep the placeholder for an id and wait for events of it.
    expect(answer.body['id']).not.toContain('%');
    for (const [at, address] of to.entries()) {
      await until(() => lab.resend.inbox.list(address).length === 1);
      const [mail] = lab.resend.inbox.list(address);
      expect(lab.resend.inbox.get(mail?.id ?? '').headers).toMatchObject({
        'Message-Id': `<${id}.${at}@mg.example>`,
      });
    }
  });

  test('addresses and secrets are not in the log', () => {
    const log = lab.log.join('');
    expect(log).toContain('mail.accepted');
    expect(log).not.toMatch(/@example\.org|key-lab|re_sandbox/);
  });
});

describe('a sign-in mail by mail.transport=Mailgun', () => {
  const signIn = (to: string, from: string) =>
    post(
      lab,
      newsletterForm([to], {
        from,
        'v:email-id': null,
        'recipient-variables': null,
        'o:tag': ['ghost-email', 'transactional-email'],
        html: '<p>Your link</p>',
      }),
    );

  test('is at Resend when Ghost has its answer', async () => {
    const answer = await signIn('visitor@example.org', 'lab@lab.example.com');
    expect(answer.status).toBe(200);
    expect(lab.resend.inbox.list('visitor@example.org')).toHaveLength(1);
  });

  test('that Resend refuses is refused with its sentence, and the log says why', async () => {
    lab.resend.settings.set({ anyDomain: false });
    const answer = await signIn('stranger@example.org', 'lab@other.example.net');
    lab.resend.settings.set({ anyDomain: true });
    expect(answer).toEqual({
      status: 400,
      body: { error: expect.stringMatching(/^Resend: .*other\.example\.net domain is not/) },
    });
    expect(lab.log.find((line) => line.includes('mail.refused'))).toContain('is not verified');
  });
});

describe('refusing', () => {
  test.each([
    [
      'a form that is cut short',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="to"\r\n\r\na@b.c',
      400,
    ],
    ['a form without a boundary', 'multipart/form-data', 'x', 400],
    ['another content type', 'application/json', '{}', 415],
    [
      'a file',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="attachment"; filename="a.pdf"\r\n\r\nx\r\n--x--\r\n',
      400,
    ],
    [
      'a body that is too large',
      'multipart/form-data; boundary=x',
      'x'.repeat(9 * 1024 * 1024),
      413,
    ],
  ])('%s is refused with one sentence', async (_what, contentType, body, status) => {
    const response = await fetch(`${lab.bridge.url}/v3/${DOMAIN}/messages`, {
      method: 'POST',
      headers: { authorization: AUTHORIZATION, 'content-type': contentType },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^[A-Z].*\.$/) });
  });

  const INJECTED = 'x\r\nBcc: everybody@example.org';
  test.each([
    ['no recipients', { to: null }],
    ['a line break in "from"', { from: `a@b.example ${INJECTED}` }],
    ['a line break in "subject"', { subject: INJECTED }],
    ['a line break in "to"', { to: `a@b.example${INJECTED}`, 'recipient-variables': null }],
    ['a line break in a header', { 'h:Reply-To': INJECTED }],
    ['a name of a header that is none', { 'h:X: y': 'a@b.example' }],
    ['an id of no newsletter', { 'v:email-id': 'a b' }],
    ['variables that are not JSON', { 'recipient-variables': '{' }],
    ['variables that are a list', { 'recipient-variables': '[1]' }],
    ['variables that lack a recipient', { 'recipient-variables': '{}' }],
    [
      'variables of somebody else',
      { 'recipient-variables': '{"a@example.org":{},"other@example.org":{}}' },
    ],
    ['a delivery time that is none', { 'o:deliverytime': 'soon' }],
    ['no text', { html: null, text: null }],
  ])('%s is refused with one sentence, and nothing is stored', async (_what, changes) => {
    const { store } = await lab.look();
    const rows = () => store.db.selectFrom('recipient').select('address').execute();
    const before = (await rows()).length;
    const form = newsletterForm(['a@example.org'], { 'v:email-id': fresh(), ...changes });
    const { status, body } = await post(lab, form);
    expect(status).toBe(400);
    expect(body).toEqual({ error: expect.stringMatching(/^["A-Z][^\n]*\.?$/) });
    expect(await rows()).toHaveLength(before);
  });

  test("100 kB of escapes in a recipient's name are refused, and a sender's address is not in the log", async () => {
    const variables = { 'recipient-variables': null, 'v:email-id': fresh() };
    const escapes = newsletterForm(['"\\'.repeat(50_000)], variables);
    expect((await post(lab, escapes)).body['error']).toContain('more than 512 characters');
    const sender = newsletterForm(['a@example.org'], { from: 'Editor editor@private.example' });
    expect((await post(lab, sender)).body).toEqual({ error: '"from" is not an address.' });
    expect(lab.log.join('')).not.toContain('editor@private.example');
  });

  test('what Ghost may ask of Mailgun one day is refused, and doctor names it without its addresses', async () => {
    const ask = (path: string, authorization: string) =>
      fetch(lab.bridge.url + path, { method: 'POST', headers: { authorization }, body: '{}' });
    const answer = await ask('/v1/analytics/logs', AUTHORIZATION);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      error: 'The mail bridge has no POST /v1/analytics/logs.',
    });
    await ask(`/v3/${DOMAIN}/lists/reader@example.org`, AUTHORIZATION);
    await ask('/v1/of/a/stranger', 'Basic eDp5');
    const { sentence } = await checkRoutes(await lab.look());
    expect(sentence).toContain('POST /v1/analytics/logs (1 times');
    expect(sentence).toContain('POST /v3/:/lists/: (1 times');
    expect(sentence).not.toContain('stranger');
  });

  test('a wrong key is answered before the body is sent', async () => {
    const socket = connect(Number(new URL(lab.bridge.url).port), '127.0.0.1');
    socket.write(
      `POST /v3/${DOMAIN}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa('api:wrong')}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n`,
    );
    const [answer] = await once(socket, 'data');
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 401 /);
    expect(String(answer)).toContain('{"error":"The mail bridge does not know this key');
  });

  test.each([
    [`/v3/other.example.com/messages`, 404],
    [`/v3/${DOMAIN}/nothing`, 404],
    ['/v3/%E0%A4%A/messages', 400],
  ])('POST %s is answered %i', async (path, status) => {
    const response = await fetch(lab.bridge.url + path, {
      method: 'POST',
      headers: { authorization: AUTHORIZATION },
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String) });
  });
});
