import { describe, expect, test } from 'vitest';
import { bareAddress, domainOf, parseMail } from '../../src/resend/mail.ts';

const MAIL = {
  from: 'Lab <lab@example.com>',
  to: 'a@example.org',
  subject: 'Hello',
  text: 'Hello',
};

describe('a mail for the API', () => {
  test('may name one recipient or several', () => {
    expect(parseMail(MAIL).to).toEqual(['a@example.org']);
    expect(parseMail({ ...MAIL, to: ['a@example.org', 'B <b@example.org>'] }).to).toHaveLength(2);
  });

  test.each([
    [{ from: undefined }, 'validation_error', 'Missing `from` field.'],
    [{ from: 'nobody' }, 'validation_error', 'Invalid `from` field.'],
    [{ to: 'nobody@localhost' }, 'validation_error', 'Invalid `to` field.'],
    [{ to: Array(51).fill('a@example.org') }, 'validation_error', 'Too many recipients'],
    [{ tags: [{ name: 'a b', value: 'c' }] }, 'validation_error', 'Tags should only contain'],
    [{ text: undefined }, 'missing_required_field', 'Missing `html` or `text` field.'],
  ])('%j is refused: %s', (changes, errorName, sentence) => {
    expect(() => parseMail({ ...MAIL, ...changes })).toThrow(
      expect.objectContaining({
        status: 422,
        errorName,
        message: expect.stringContaining(sentence),
      }),
    );
  });

  test.each([{}, null, 'text', []])('%j is refused', (body) => {
    expect(() => parseMail(body)).toThrow(
      expect.objectContaining({ errorName: 'missing_required_field' }),
    );
  });

  test('an address is read out of a mailbox', () => {
    expect(bareAddress('"Doe, J" <j@Example.org>')).toBe('j@Example.org');
    expect(domainOf('"Doe, J" <j@Example.org>')).toBe('example.org');
  });
});
