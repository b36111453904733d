import { expect, test } from 'vitest';
import { readSuppressions } from '../src/operate/import-suppressions.ts';

test.each([
  [
    'address,code,error\r\nA@b.org,550,"no, such ""user"""\r\nc@d.org,605,x\r\n',
    ['A@b.org', 'c@d.org'],
  ],
  ['"created_at","email"\n"2026","x@y.org"\n"2026","x@y.org"\n', ['x@y.org']],
  ['one@example.org\ntwo@example.org\n', ['one@example.org', 'two@example.org']],
])('addresses are read from %j', (text, addresses) => {
  expect(readSuppressions(text)).toEqual(addresses);
});

test('a file without addresses is refused', () => {
  expect(() => readSuppressions('name\nAda\n')).toThrow('The file has no addresses.');
});
