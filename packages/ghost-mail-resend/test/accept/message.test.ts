import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../src/accept/parse-message.ts';
import type { Message } from '../../src/store/message.ts';

const RECORDED = new URL('../fixtures/mail/', import.meta.url);

function recorded(name: string): Message {
  const { multipart } = JSON.parse(readFileSync(new URL(`${name}.json`, RECORDED), 'utf8'));
  const form = new Map<string, string[]>();
  for (const { name: part, value } of multipart) form.set(part, [...(form.get(part) ?? []), value]);
  return parseMessage(form);
}

const PARTS = {
  to: 'a@example.org',
  from: '"Lab" <lab@example.com>',
  subject: 'Hello',
  html: '<p>Hello</p>',
  'recipient-variables': '{"a@example.org":{}}',
  'v:email-id': '6b04ac398120085ae4c38cc2',
};

function parse(changes: Record<string, string | undefined>): Message {
  const parts = Object.entries({ ...PARTS, ...changes });
  return parseMessage(
    new Map(parts.flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]]]))),
  );
}

describe('what Ghost sends', () => {
  test('a newsletter: every recipient as given, with variables of its own', () => {
    const message = recorded('01-newsletter-batch-8-recipients');
    expect(message.recipients).toHaveLength(8);
    expect(message.recipients[0]?.address).toBe('Open.MixedCase@Member.Example.org');
    expect(message.recipients[0]?.variables['first_name_2']).toBe('Mixed');
    expect(message).toMatchObject({
      emailId: '6b04ac398120085ae4c38cc2',
      lane: 'newsletter',
      tags: ['ghost-email', 'bulk-email'],
      trackOpens: true,
      deliverAt: null,
    });
    expect(message.template).toMatchObject({
      replyTo: '"Lab News" <noreply@lab.example.com>',
      headers: {
        'List-Unsubscribe': '<%recipient.list_unsubscribe%>',
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      },
    });
    expect(message.template.headers).not.toHaveProperty('Sender');
  });

  test('a test mail has no id and no tracking', () => {
    const message = recorded('02-newsletter-test-email');
    expect(message).toMatchObject({ emailId: null, lane: 'single', trackOpens: false });
  });

  test('a sign-in mail over nodemailer goes ahead of everything', () => {
    const message = recorded('12-transactional-mail-transport-mailgun');
    expect(message.lane).toBe('transactional');
    expect(message.recipients).toEqual([{ address: 'txm@member.example.org', variables: {} }]);
  });

  test('a delivery time is kept', () => {
    const { deliverAt } = parse({ 'o:deliverytime': 'Mon, 23 Nov 2026 21:12:25 GMT' });
    expect(deliverAt?.toISOString()).toBe('2026-11-23T21:12:25.000Z');
  });

  test('nodemailer joins recipients with commas', () => {
    const to = 'a@example.org, "Doe, B" <b@example.org>';
    const { recipients } = parse({ to, 'recipient-variables': undefined, 'v:email-id': undefined });
    expect(recipients.map(({ address }) => address)).toEqual([
      'a@example.org',
      '"Doe, B" <b@example.org>',
    ]);
  });
});

describe('a display name', () => {
  test.each([
    '"Lab <3 \\"mail\\"" <lab@example.com>',
    '"a@b.c <Lab>" <lab@example.com>',
    "O'Neil <lab@example.com>",
  ])('may be %s', (from) => {
    expect(parse({ from }).template.from).toBe(from);
    const to = { to: from, 'recipient-variables': undefined, 'v:email-id': undefined };
    expect(parse(to).recipients).toEqual([{ address: from, variables: {} }]);
  });

  test('that is no address is told within a moment, however long it is', () => {
    const from = '""'.repeat(50_000);
    expect(() => parse({ from })).toThrow('"from" is not an address');
  });
});

test('of several recipients one that is no address is named, and the others stay', () => {
  const { recipients } = parse({
    to: 'nobody, a@example.org',
    'recipient-variables': '{"a@example.org":{},"nobody":{}}',
  });
  expect(recipients).toEqual([
    { address: 'nobody', variables: {}, problem: 'This is not an address.' },
    { address: 'a@example.org', variables: {} },
  ]);
});

describe('refusals', () => {
  test.each([
    [{ to: undefined }, 'The message has no recipients.'],
    [{ to: 'a@b.example\r\nBcc: x@y.z' }, 'There is a line break in "to".'],
    [{ to: 'nobody' }, 'A recipient in "to" is not an address.'],
    [{ from: undefined }, 'The message has no sender: "from" is missing.'],
    [{ from: 'a@b.c\r\nBcc: x@y.z' }, 'There is a line break in "from".'],
    [{ from: 'nobody' }, '"from" is not an address.'],
    [{ subject: 'a\nb' }, 'There is a line break in "subject".'],
    [{ html: undefined }, 'The message has neither html nor text.'],
    [{ 'h:X-A': 'a\r\nBcc: x@y.z' }, 'There is a line break in header X-A.'],
    [{ 'h:X A': 'a' }, 'A header has a name that is not allowed.'],
    [{ 'recipient-variables': '{' }, 'The recipient variables are not JSON.'],
    [{ 'recipient-variables': '[1]' }, 'The recipient variables are not an object of objects.'],
    [
      { 'recipient-variables': '{}' },
      'The recipient variables do not name every recipient in "to".',
    ],
    [{ 'v:email-id': 'a b' }, '"v:email-id" is not an id of Ghost.'],
    [{ 'o:deliverytime': 'soon' }, '"o:deliverytime" is not a date: soon'],
  ])('%j: %s', (changes, sentence) => {
    expect(() => parse(changes)).toThrow(
      expect.objectContaining({ status: 400, message: sentence }),
    );
  });
});
