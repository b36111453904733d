import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DumpReader } from '../../src/backup/dump-reader.ts';

const HEAD = `-- MySQL dump 10.13  Distrib 8.4.3
-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000007', SOURCE_LOG_POS=4711;
`;
const END = '\n-- Dump completed on 2026-11-29  3:00:00\n';

/** As the server's own client writes a text: https://dev.mysql.com/doc/c-api/8.4/en/mysql-real-escape-string-quote.html */
const quoted = (text: string): string =>
  `'${text.replaceAll(/[\\'"\n\r\0]/g, (letter) => `\\${({ '\n': 'n', '\r': 'r', '\0': '0' })[letter] ?? letter}`)}'`;

async function read(dump: Buffer, cuts: readonly number[]) {
  const reader = new DumpReader();
  const places = [
    0,
    ...[...cuts].map((cut) => cut % (dump.length + 1)).sort((a, b) => a - b),
    dump.length,
  ];
  const chunks = places.slice(1).map((end, at) => dump.subarray(places[at], end));
  const passed = await buffer(
    Readable.from(chunks.filter(({ length }) => length > 0)).pipe(reader),
  );
  return { passed, reader };
}

/** Texts that look like what stands around them, in any language. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    "'",
    "\\'",
    '\\',
    '),(',
    "');\nINSERT INTO `posts` VALUES (1)",
    '(',
    '\n-- Dump completed on',
    '\\\\',
  ),
);
const table = fc.record({
  name: fc.constantFrom('posts', 'members', 'with`accent', 'größe'),
  statements: fc.array(
    fc.array(fc.array(anyText, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
    {
      maxLength: 3,
    },
  ),
});

test('rows are counted whatever stands in them and wherever the stream is cut, and it passes unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(table, { selector: ({ name }) => name }),
      fc.array(fc.nat(100_000), { maxLength: 12 }),
      async (tables, cuts) => {
        const body = tables.map(({ name, statements }) => {
          const written = name.replaceAll('`', '``');
          const inserts = statements.map(
            (rows) =>
              `INSERT INTO \`${written}\` VALUES ${rows.map((texts) => `(1,NULL,0xFF,${texts.map(quoted).join(',')})`).join(',')};\n`,
          );
          return `CREATE TABLE \`${written}\` (\n  \`id\` int\n);\n${inserts.join('')}`;
        });
        const dump = Buffer.from(HEAD + body.join('\n') + END);
        const { passed, reader } = await read(dump, cuts);
        expect(passed.equals(dump)).toBe(true);
        expect(reader.notes()).toEqual({
          rows: Object.fromEntries(
            tables.map(({ name, statements }) => [name, statements.flat().length]),
          ),
          bytes: dump.length,
          binlog: { file: 'binlog.000007', position: 4711 },
        });
      },
    ),
  );
});

test('a dump that was cut short anywhere is none, an empty one neither', async () => {
  const dump = Buffer.from(
    `${HEAD}CREATE TABLE \`posts\` (\n);\nINSERT INTO \`posts\` VALUES (1,'-- Dump completed on');\n${END}`,
  );
  const last = dump.lastIndexOf('-- Dump completed on ') + '-- Dump completed on '.length;
  for (let length = 0; length < last; length += 1) {
    const { reader } = await read(dump.subarray(0, length), [7, 50, 90]);
    expect(() => reader.notes(), `${length} bytes`).toThrow('without its last line');
  }
  expect((await read(dump, [])).reader.notes().rows).toEqual({ posts: 1 });
});

test('a server without a binary log has no place in it', async () => {
  const { reader } = await read(Buffer.from(`-- MySQL dump\n${END}`), []);
  expect(reader.notes()).toMatchObject({ rows: {}, binlog: undefined });
});
