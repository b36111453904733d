import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EndOfLog } from '../../src/restore/end-of-log.ts';

const OTHER = "### INSERT INTO `ghost`.`posts` SET @1='Rotate the tyres'\n";

async function read(chunks: readonly string[]): Promise<{ next: string; passed: string }> {
  const end = new EndOfLog();
  const passed = await buffer(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(end));
  return { next: end.next, passed: passed.toString() };
}

test('the file that a log goes on with is heard wherever it is cut, and all of it passes', async () => {
  const lines = fc.array(
    fc.oneof(
      fc.constant(OTHER),
      fc.integer({ min: 1, max: 2_000_000 }).map((n) => `\tRotate to binlog.${n}  pos: 4\n`),
    ),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 90 }), async (log, size) => {
      const text = log.join('');
      const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const last = text.match(/binlog\.\d+/g)?.at(-1) ?? '';
      expect(await read(chunks)).toEqual({ next: last, passed: text });
    }),
  );
});

test('of a day with much in it each byte is looked at once', async () => {
  const chunk = OTHER.repeat(1_100);
  const { next } = await read([...Array<string>(200).fill(chunk), 'Rotate to binlog.000008']);
  expect(next).toBe('binlog.000008');
});
