import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formChunks } from '../../src/accept/form-chunks.ts';
import { createBodyBuffer } from '../../src/send/body-buffer.ts';
import { renderBatch, renderPieces } from '../../src/send/render.ts';
import { substitute } from '../../src/send/substitute.ts';
import type { Template } from '../../src/store/message.ts';
import { parseRecipientTag, recipientTag } from '../../src/store/recipient-tag.ts';

const TEMPLATE: Template = {
  from: '"Lab" <lab@example.com>',
  replyTo: null,
  subject: 'For %recipient.name%',
  html: '<p>%recipient.name_html%</p>',
  text: null,
  headers: { 'List-Unsubscribe': '<%recipient.list_unsubscribe%>' },
};

const LIST = { isSingle: false };

const recipientOf = (variables: Record<string, string>, position = 0) => ({
  address: 'A@Example.org',
  variables,
  recipientTag: `m-${position}`,
  emailId: '6b04',
});

describe('renderBatch', () => {
  test('gives one mail a recipient, in the fields of the API', () => {
    const bytes = renderBatch(
      TEMPLATE,
      [
        recipientOf({
          name: 'Jo\r\nBcc: x@y.z',
          name_html: 'Jo',
          list_unsubscribe: 'https://a.example/u',
        }),
      ],
      LIST,
    );
    expect(JSON.parse(bytes.toString())).toEqual([
      {
        from: '"Lab" <lab@example.com>',
        to: ['A@Example.org'],
        subject: 'For Jo Bcc: x@y.z',
        html: '<p>Jo</p>',
        headers: { 'List-Unsubscribe': '<https://a.example/u>' },
        tags: [
          { name: 'gb_r', value: 'm-0' },
          { name: 'gb_e', value: '6b04' },
        ],
      },
    ]);
  });

  test('rows that went through the database render to the same bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.string()), { minLength: 1 }), (all) => {
        const recipients = all.map(recipientOf);
        const stored = JSON.parse(JSON.stringify({ template: TEMPLATE, recipients }));
        const again = renderBatch(stored.template, stored.recipients, LIST);
        expect(again.equals(renderBatch(TEMPLATE, recipients, LIST))).toBe(true);
      }),
    );
  });
});

describe('any text', () => {
  const name = fc.constantFrom('a', 'b', 'a_html');
  const placeholder = fc.oneof(name, fc.constant('unknown')).map((x) => `%recipient.${x}%`);
  const text = fc
    .array(fc.oneof(placeholder, fc.string({ unit: 'binary' }), fc.constant('$&')))
    .map((pieces) => pieces.join(''));

  test('reads as if it had been filled in and then encoded', () => {
    fc.assert(
      fc.property(text, text, fc.dictionary(name, text), (html, plain, variables) => {
        const template = { ...TEMPLATE, html, text: plain };
        const bytes = renderBatch(template, [recipientOf(variables)], LIST);
        expect(JSON.parse(bytes.toString())[0]).toMatchObject({
          html: substitute(html, variables),
          text: substitute(plain, variables),
        });
      }),
    );
  });

  test('is the same in pieces, of which each is whole mails', () => {
    const variables = fc.array(fc.dictionary(name, text), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(text, variables, fc.nat(600), (html, all, pieceBytes) => {
        const template = { ...TEMPLATE, html };
        const recipients = all.map(recipientOf);
        const body = createBodyBuffer();
        const pieces: Buffer[] = [];
        for (const piece of renderPieces(template, recipients, LIST, body, pieceBytes)) {
          pieces.push(Buffer.from(piece));
        }
        expect(Buffer.concat(pieces).equals(renderBatch(template, recipients, LIST))).toBe(true);
        if (pieceBytes < 100) expect(pieces).toHaveLength(all.length + 1);
      }),
    );
  });

  test('does not keep anything of the body that was in its memory before', () => {
    const body = createBodyBuffer();
    const long = { ...TEMPLATE, html: 'x'.repeat(200_000) };
    renderBatch(long, [recipientOf({}), recipientOf({}, 1)], LIST, body);
    const again = renderBatch(TEMPLATE, [recipientOf({})], LIST, body);
    expect(again.equals(renderBatch(TEMPLATE, [recipientOf({})], LIST))).toBe(true);
  });
});

describe('a mail of its own', () => {
  test('is not in a list, and may carry files', () => {
    const attachments = [{ filename: 'a.txt', content: 'aGk=' }];
    const bytes = renderBatch({ ...TEMPLATE, attachments }, [recipientOf({})], {
      isSingle: true,
    });
    expect(JSON.parse(bytes.toString())).toMatchObject({ to: ['A@Example.org'], attachments });
  });

  test('has its own pixel before the end of its body, or at its end', () => {
    const settings = {
      isSingle: true,
      pixelUrl: (tag: string) => `https://m.example/o/${tag}.gif`,
    };
    const pixel = '<img src="https://m.example/o/m-0.gif" width="1" height="1" alt="">';
    const htmlOf = (html: string) =>
      JSON.parse(renderBatch({ ...TEMPLATE, html }, [recipientOf({})], settings).toString()).html;
    expect(htmlOf('<body>Hi</body></html>')).toBe(`<body>Hi${pixel}</body></html>`);
    expect(htmlOf('Hi')).toBe(`Hi${pixel}`);
  });
});

describe('formChunks', () => {
  test('every recipient is in one chunk of at most 100, in order', () => {
    fc.assert(
      fc.property(fc.nat(450), (count) => {
        const recipients = Array.from({ length: count }, (_, at) => recipientOf({}, at));
        const chunks = formChunks(TEMPLATE, recipients);
        expect(chunks.flat()).toEqual(recipients);
        expect(chunks.every((chunk) => chunk.length > 0 && chunk.length <= 100)).toBe(true);
      }),
    );
  });

  test('a very large template goes out in smaller calls', () => {
    const template = { ...TEMPLATE, html: 'x'.repeat(1_000_000) };
    const recipients = Array.from({ length: 100 }, (_, at) => recipientOf({}, at));
    expect(formChunks(template, recipients)[0]).toHaveLength(10);
  });
});

describe('recipientTag', () => {
  test('comes back as it went', () => {
    const key = { messageId: '1a20ace570d55532e674e666e27', position: 99 };
    expect(parseRecipientTag(recipientTag(key))).toEqual(key);
  });

  test.each(['', 'other', '1a20ace570d55532e674e666e27-', 'x-1'])(
    '%j is of another sender',
    (tag) => {
      expect(parseRecipientTag(tag)).toBeUndefined();
    },
  );
});
