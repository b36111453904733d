import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withValues } from '../../src/settings/env-file.ts';

const TEXT = `# The site
# required: its name
DOMAIN=old.example.com

# CDN=none
export MAIL_FROM=me@example.com
`;

test('a setting is changed where it stands, and a commented one takes the place of its comment', () => {
  expect(withValues(TEXT, { DOMAIN: 'new.example.com', CDN: 'proxy', NEW: 'a b' })).toBe(`# The site
# required: its name
DOMAIN=new.example.com

CDN=proxy
export MAIL_FROM=me@example.com
NEW='a b'
`);
});

test('any value of one line is read back as it was written, and nothing else is changed', () => {
  const value = fc.string().filter((text) => !/['\n\r]/.test(text));
  const name = fc.constantFrom('DOMAIN', 'CDN', 'OTHER');
  fc.assert(
    fc.property(fc.dictionary(name, value), (changes) => {
      const changed = withValues(TEXT, changes);
      expect(parseEnv(changed)).toEqual({ ...parseEnv(TEXT), ...changes });
      const commentsOf = (text: string) =>
        text.split('\n').filter((line) => /^# [A-Z]?[a-z]/.test(line));
      expect(commentsOf(changed)).toEqual(commentsOf(TEXT));
    }),
  );
});

test('a value that no line can hold is refused and named without its text', () => {
  for (const value of ["it's", 'two\nlines']) {
    expect(() => withValues(TEXT, { DOMAIN: value })).toThrow(
      '.env cannot hold the new value of DOMAIN.',
    );
  }
});

test('a setting that stands twice is refused, since nobody knows which is meant', () => {
  const twice = 'DOMAIN=a.example.com\nDOMAIN=b.example.com\n';
  expect(() => withValues(twice, { DOMAIN: 'c.example.com' })).toThrow(
    '.env cannot hold the new value of DOMAIN.',
  );
});

test('a value of several lines is not half replaced', () => {
  const key = 'mail__options__dkim__privateKey';
  const lines = `${key}="-----BEGIN\nabc\n-----END"\nCDN=none\n`;
  expect(() => withValues(lines, { [key]: 'another' })).toThrow(
    `.env cannot hold the new value of ${key}.`,
  );
  expect(withValues(lines, { CDN: 'proxy' })).toBe(lines.replace('none', 'proxy'));
});
