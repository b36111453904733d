import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dropUnsubscribeTag, substitute, substituteLine } from '../../src/send/substitute.ts';

const NAME = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);
const HOSTILE = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '$&',
    '$1',
    "$'",
    '%recipient.name%',
    '%recipient.',
    '\r\nBcc: x@y.z',
    '</title>',
  ),
);

describe('substitute', () => {
  test('a value comes out as it is, whatever it looks like', () => {
    fc.assert(
      fc.property(
        fc.dictionary(NAME, HOSTILE, { minKeys: 1 }),
        fc.infiniteStream(HOSTILE),
        (variables, texts) => {
          const names = Object.keys(variables);
          // Text between placeholders must not contain one itself.
          const gaps = [...texts.take(names.length + 1)].map((text) => text.replaceAll('%', '·'));
          const template = names.map((name, at) => `${gaps[at]}%recipient.${name}%`).join('');
          const expected = names.map((name, at) => `${gaps[at]}${variables[name]}`).join('');
          expect(substitute(template, variables)).toBe(expected);
        },
      ),
    );
  });

  test('a value that reads like a placeholder is not filled in again', () => {
    const variables = { name: '%recipient.uuid%', uuid: 'secret' };
    expect(substitute('Hi %recipient.name%', variables)).toBe('Hi %recipient.uuid%');
  });

  test('unknown names are left alone, inherited ones too', () => {
    const template = '%recipient.toString% %recipient.constructor% %recipient.none%';
    expect(substitute(template, {})).toBe(template);
  });

  test('the twin with _html is another variable', () => {
    const variables = { name: '<b>', name_html: '&lt;b&gt;' };
    expect(substitute('%recipient.name_html% %recipient.name%', variables)).toBe('&lt;b&gt; <b>');
  });
});

describe('substituteLine', () => {
  test('no value can end a header line', () => {
    fc.assert(
      fc.property(HOSTILE, (name) => {
        expect(substituteLine('Hi %recipient.name%', { name })).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

describe('dropUnsubscribeTag', () => {
  test.each([
    ['<%recipient.list_unsubscribe%>, <%tag_unsubscribe_email%>', '<%recipient.list_unsubscribe%>'],
    ['<%tag_unsubscribe_email%>, <https://a.example/u>', '<https://a.example/u>'],
    ['<https://a.example/u>', '<https://a.example/u>'],
  ])('%s becomes %s', (header, expected) => {
    expect(dropUnsubscribeTag(header)).toBe(expected);
  });
});
