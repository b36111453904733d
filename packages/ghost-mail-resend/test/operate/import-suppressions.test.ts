import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSuppressions } from '../../src/operate/import-suppressions.ts';

const dir = mkdtempSync(join(tmpdir(), 'prosora-suppressions-'));
const file = join(dir, 'bounces.csv');
afterAll(() => rmSync(dir, { recursive: true }));

function readText(text: string): Promise<string[]> {
  writeFileSync(file, text);
  return readSuppressions(file);
}

test.each([
  [
    'line ends of Windows, quoted commas and quotes',
    'address,code,error\r\nA@b.org,550,"no, such ""user"""\r\nc@d.org,605,x\r\n',
    ['A@b.org', 'c@d.org'],
  ],
  [
    'an error of several lines',
    'address,error\na@b.org,"550\n5.1.1 no,\r\n\r\nsuch user"\nc@d.org,x\n',
    ['a@b.org', 'c@d.org'],
  ],
  [
    'columns in another order, and an address that comes twice',
    '"created_at","Email"\n"2026","x@y.org"\n"2026","x@y.org"\n',
    ['x@y.org'],
  ],
  ['a byte order mark', '\ufeffaddress,code\na@b.org,550\n', ['a@b.org']],
  [
    'an address a line',
    'one@example.org\n\ntwo@example.org',
    ['one@example.org', 'two@example.org'],
  ],
  ['a column of another name', 'Bounced,code\na@b.org,550\n', ['a@b.org']],
])('%s: the addresses are read', async (_what, text, addresses) => {
  expect(await readText(text)).toEqual(addresses);
});

test('a file that is larger than what is read at a time is read whole', async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, index) => `reader-${index}@example.org,550,"a\nb"`,
  );
  const addresses = await readText(`address,code,error\n${rows.join('\n')}`);
  expect(addresses).toEqual(rows.map((row) => row.split(',')[0]));
});

test.each([
  ['address,error\na@b.org,"a\r\nb"\r\nc@d.org,"x\n', 4, 'is not CSV: quote not closed.'],
  ['address,error\na@b.org,no "user"\n', 2, 'is not CSV: invalid opening quote.'],
  ['address,error\na@b.org,no, user\n', 2, 'is not CSV: invalid record length.'],
  ['address,error\na@b.org,"a\r\n\r\nb"\r\n\r\n,"x\r\ny"\r\n', 6, 'has no address in column 1.'],
  ['code,address\n550,a@b.org\n551,nobody\n', 3, 'has no address in column 2.'],
  ['name\nAda\n', 2, 'has no address in column 1.'],
])('%j is refused by its line', async (text, line, why) => {
  await expect(readText(text)).rejects.toMatchObject({
    code: 'FILE',
    message: `Line ${line} of ${file} ${why}`,
    help: expect.stringContaining('Nothing was put on the list.'),
  });
});

test('a file without addresses, or none at all, is refused', async () => {
  await expect(readText('address,code\n')).rejects.toThrow('The file has no addresses.');
  await expect(readText('')).rejects.toThrow('The file has no addresses.');
  const missing = join(dir, 'missing.csv');
  await expect(readSuppressions(missing)).rejects.toMatchObject({
    code: 'FILE',
    message: `${missing} cannot be read.`,
  });
});
