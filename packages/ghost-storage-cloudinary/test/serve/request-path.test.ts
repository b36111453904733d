import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRequestPath } from '../../src/serve/request-path.ts';
import { storePath } from '../../src/store/store-path.ts';

describe('paths from requests', () => {
  test.each([
    ['/2026/11/x.jpg', '2026/11/x.jpg'],
    ['/my%20cat.jpg', 'my cat.jpg'],
    ['/100%25.jpg', '100%.jpg'],
    ['/%252e%252e/x.jpg', '%2e%2e/x.jpg'],
  ])('%s asks for %s', (raw, expected) => {
    expect(parseRequestPath(raw)).toBe(expected);
  });

  test.each([
    '/../x.jpg',
    '/size/w600/../../../../etc/passwd',
    '/%2e%2e/x.jpg',
    '/a%2fb.jpg',
    '/a%5cb.jpg',
    '/a\\b.jpg',
    '/a%00.jpg',
    '/a%0a.jpg',
    '/a%.jpg',
    '/x.jpg/',
    '//evil.example/x.jpg',
    '/a//x.jpg',
    '/./x.jpg',
    '/',
    '',
  ])('%s is refused', (raw) => {
    expect(parseRequestPath(raw)).toBeUndefined();
  });

  test('whatever is asked for stays below the store', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '%2e', '%2f', '%5c', '/', '\\', '%00', 'a', '%25', '?'),
      fc.string({ unit: 'binary-ascii', maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const path = parseRequestPath(`/${parts.join('')}`);
        fc.pre(path !== undefined);
        expect(storePath('/srv/content/images', path ?? '')).toBe(path);
      }),
      { numRuns: 300 },
    );
  });
});
