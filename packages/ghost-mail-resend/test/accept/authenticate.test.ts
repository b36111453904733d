import { describe, expect, test } from 'vitest';
import { authenticate, type Site } from '../../src/accept/authenticate.ts';

const SITES: Site[] = [
  { name: 'one', apiKey: 'key-one-0123456789', domains: ['a.example'] },
  { name: 'two', apiKey: 'key:with:colons', domains: ['a.example', 'b.example'] },
];
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

describe('who may send', () => {
  test('the password says which site it is', () => {
    expect(authenticate(SITES, basic('api:key-one-0123456789'), 'a.example').name).toBe('one');
    expect(authenticate(SITES, basic('api:key:with:colons'), 'b.example').name).toBe('two');
  });

  test.each([
    undefined,
    '',
    'Basic',
    basic('api:'),
    basic('api:wrong'),
    'Bearer key-one-0123456789',
  ])('%j is answered 401', (authorization) => {
    expect(() => authenticate(SITES, authorization, 'a.example')).toThrow(
      expect.objectContaining({ status: 401 }),
    );
  });

  test("a domain that is not the site's is answered 404", () => {
    expect(() => authenticate(SITES, basic('api:key-one-0123456789'), 'b.example')).toThrow(
      expect.objectContaining({ status: 404 }),
    );
  });
});
