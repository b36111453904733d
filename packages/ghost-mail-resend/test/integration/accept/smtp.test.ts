import { once } from 'node:events';
import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_KEY, type MailLab, startMailLab, until } from '../../fixtures/bridge-with-resend.ts';

let lab: MailLab;
beforeAll(async () => {
  lab = await startMailLab({ bridge: { smtpPort: 0 } });
});
afterAll(() => lab[Symbol.asyncDispose]());

/** As Ghost sets it up with mail.transport=SMTP. */
function transport(pass = API_KEY) {
  return createTransport({
    host: '127.0.0.1',
    port: lab.bridge.smtpPort,
    secure: false,
    auth: { user: 'ghost', pass },
  });
}

const SIGN_IN = {
  from: '"Über, \\"Lab\\"" <noreply@lab.example.com>',
  to: 'visitor@example.org',
  replyTo: 'help@lab.example.com',
  subject: '🔑 Anmelden bei Über Lab',
  text: 'Tippe auf den Link: https://lab.example.com/?token=abc',
  html: '<p>Tippe auf den <a href="https://lab.example.com/?token=abc">Link</a>: %recipient.name%</p>',
  headers: { 'List-Unsubscribe': '<https://lab.example.com/u>' },
};

const mailTo = async (address: string) => {
  await until(() => lab.resend.inbox.list(address).length === 1);
  return lab.resend.inbox.get(lab.resend.inbox.list(address)[0]?.id ?? '');
};

describe('a mail by SMTP', () => {
  test('arrives with both texts, its headers and its files, before Ghost has its answer', async () => {
    const png = Buffer.from('89504e470d0a1a0a', 'hex');
    const attachments = [
      {
        filename: 'rechnung ü.pdf',
        content: Buffer.from('%PDF-1.7'),
        contentType: 'application/pdf',
      },
      { filename: 'logo.png', content: png, cid: 'logo@lab' },
    ];
    const { response } = await transport().sendMail({ ...SIGN_IN, attachments });
    expect(response).toMatch(/^250 .*Sent as [\w]+@mg\.lab\.example\.com/);
    const mail = await mailTo('visitor@example.org');
    expect(mail).toMatchObject({
      to: ['visitor@example.org'],
      subject: SIGN_IN.subject,
      reply_to: ['help@lab.example.com'],
    });
    expect(mail.from).toContain('<noreply@lab.example.com>');
    expect(mail.text?.trim()).toBe(SIGN_IN.text);
    // There is nothing to fill in, so what looks like a placeholder is text.
    expect(mail.html?.trim()).toBe(SIGN_IN.html);
    expect(mail.headers?.['List-Unsubscribe']).toBe('<https://lab.example.com/u>');
    const files = mail.attachments as unknown as Record<string, string>[];
    const [logo, pdf] = files.toSorted((a, b) =>
      String(a['filename']).localeCompare(String(b['filename'])),
    );
    expect(pdf).toMatchObject({
      filename: 'rechnung ü.pdf',
      content: Buffer.from('%PDF-1.7').toString('base64'),
    });
    expect(logo).toMatchObject({ filename: 'logo.png', content: png.toString('base64') });
    expect(JSON.stringify(logo)).toContain('logo@lab');
  });

  test('to an address in letters of its own, as SMTPUTF8 allows', async () => {
    await transport().sendMail({ ...SIGN_IN, to: 'jörg@example.org' });
    expect(await mailTo('jörg@example.org')).toMatchObject({ to: ['jörg@example.org'] });
  });

  test('whose text is all there is, or whose html is', async () => {
    const { html: _html, ...plain } = SIGN_IN;
    await transport().sendMail({ ...plain, to: 'plain@example.org' });
    expect(await mailTo('plain@example.org')).toMatchObject({ html: null });
    const { text: _text, ...rich } = SIGN_IN;
    await transport().sendMail({ ...rich, to: 'rich@example.org' });
    expect((await mailTo('rich@example.org')).html).toContain('Link');
  });

  test('the same twice is two mails: a visitor may ask for a second link', async () => {
    await transport().sendMail({ ...SIGN_IN, to: 'twice@example.org' });
    await transport().sendMail({ ...SIGN_IN, to: 'twice@example.org' });
    await until(() => lab.resend.inbox.list('twice@example.org').length === 2);
  });

  test('with a wrong password is refused, and so is one with none', async () => {
    await expect(transport('wrong').sendMail(SIGN_IN)).rejects.toThrow(
      '535 The mail bridge does not know this password',
    );
    const { port } = { port: lab.bridge.smtpPort };
    const open = createTransport({ host: '127.0.0.1', port, secure: false });
    await expect(open.sendMail(SIGN_IN)).rejects.toThrow(/authentication required/i);
  });

  test('that is larger than what it says it takes is refused', async () => {
    const answer = await talk([
      'EHLO x',
      `AUTH PLAIN ${plainAuth()}`,
      'MAIL FROM:<a@b.c> SIZE=99000000',
    ]);
    expect(answer).toMatch(/250.SIZE 29360128/);
    expect(answer).toMatch(/250-8BITMIME/);
    expect(answer).toMatch(/250-SMTPUTF8/);
    expect(answer).toMatch(/552 .*size/i);
  });

  test('that turns out larger than it may be is refused, and the bridge takes the next one', async () => {
    const attachments = [{ filename: 'film.bin', content: Buffer.alloc(24 * 1024 * 1024, 7) }];
    await expect(
      transport().sendMail({ ...SIGN_IN, to: 'large@example.org', attachments }),
    ).rejects.toThrow(/552 .*larger than 29360128 bytes|552 .*size/);
    const open = await talk([
      'EHLO x',
      `AUTH PLAIN ${plainAuth()}`,
      'MAIL FROM:<a@b.c>',
      'RCPT TO:<large@example.org>',
      'DATA',
      `${`${'x'.repeat(998)}\r\n`.repeat(30_000)}.`,
    ]);
    expect(open).toMatch(/^552 The mail is larger than 29360128 bytes\./m);
    await transport().sendMail({ ...SIGN_IN, to: 'next@example.org' });
    await mailTo('next@example.org');
    expect(lab.resend.inbox.list('large@example.org')).toEqual([]);
  });

  test('that breaks off in the middle makes room for the next one', async () => {
    for (const _again of [1, 2, 3]) {
      const lines = ['EHLO x', `AUTH PLAIN ${plainAuth()}`, 'MAIL FROM:<a@b.c>', 'RCPT TO:<d@e.f>'];
      await talk([...lines, 'DATA', `${'x'.repeat(998)}\r\n`.repeat(500)], { breaksOff: true });
    }
    const attachments = [{ filename: 'after.bin', content: Buffer.alloc(1024 * 1024, 7) }];
    await transport().sendMail({ ...SIGN_IN, to: 'after@example.org', attachments });
    await mailTo('after@example.org');
  });

  test('of several megabytes waits for others like it, and each arrives', async () => {
    const attachments = [{ filename: 'sheet.bin', content: Buffer.alloc(2 * 1024 * 1024, 7) }];
    const to = Array.from({ length: 6 }, (_, at) => `sheet${at}@example.org`);
    await Promise.all(
      to.map((address) => transport().sendMail({ ...SIGN_IN, to: address, attachments })),
    );
    for (const address of to) await mailTo(address);
  });

  test('from a domain that Resend has not verified is refused with what Resend says', async () => {
    lab.resend.settings.set({ anyDomain: false });
    const sending = transport().sendMail({
      ...SIGN_IN,
      from: 'noreply@other.example.net',
      to: 'stranger@example.org',
    });
    await expect(sending).rejects.toThrow(
      /554 Resend: .*other\.example\.net domain is not verified/,
    );
    lab.resend.settings.set({ anyDomain: true });
    expect(lab.resend.inbox.list('stranger@example.org')).toEqual([]);
    // It was refused, so it is not kept to be sent later.
    const { queues } = await lab.look();
    expect(await queues.urgent.list({ states: ['ready', 'delayed'] })).toEqual([]);
  });

  test('is queued when Resend does not answer in time, and the log says so', async () => {
    lab.resend.faults.set([{ match: { times: 1 }, fault: { latencyMs: 6_000 } }]);
    const { response } = await transport().sendMail({ ...SIGN_IN, to: 'late@example.org' });
    expect(response).toMatch(/^250 .*Queued as /);
    expect(lab.log.some((line) => line.includes('smtp.queued'))).toBe(true);
    await mailTo('late@example.org');
  });
});

const plainAuth = () => Buffer.from(`\0ghost\0${API_KEY}`).toString('base64');

/**
 * Says lines one after the other, each after an answer, and returns all that was answered; with `breaksOff` the
 * last line gets no answer any more.
 */
async function talk(lines: string[], { breaksOff = false } = {}): Promise<string> {
  const socket = connect(lab.bridge.smtpPort ?? 0, '127.0.0.1');
  let heard = '';
  for await (const data of socket) {
    heard += data;
    if (!/^\d{3} .*\r\n$/m.test(String(data))) continue;
    const next = lines.shift();
    if (next === undefined) break;
    if (!socket.write(`${next}\r\n`)) await once(socket, 'drain');
    if (breaksOff && lines.length === 0) break;
  }
  return heard;
}
