import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameOf, joinRows, readFrames, wholeLinesLength } from '../../src/spool/frame.ts';

const row = fc.jsonValue().map((value) => JSON.stringify(value));
const rows = fc.array(row, { maxLength: 12 });
const bytesOf = (list: readonly string[]) => Buffer.from(list.map(frameOf).join(''));
const rowsIn = (bytes: Buffer) => readFrames(bytes).frames.map(({ row }) => row.toString());

test('what was written is read, each frame ending where the next begins', () => {
  fc.assert(
    fc.property(rows, (list) => {
      const { frames, damaged } = readFrames(bytesOf(list));
      expect(frames.map((frame) => frame.row.toString())).toEqual(list);
      expect(damaged).toBe(0);
      const ends = list.map((_, index) => bytesOf(list.slice(0, index + 1)).length);
      expect(frames.map(({ end }) => end)).toEqual(ends);
    }),
  );
});

test('rows are joined to what a batch is sent as', () => {
  fc.assert(
    fc.property(rows, (list) => {
      const bytes = bytesOf(list);
      expect(joinRows(readFrames(bytes).frames, bytes).toString()).toBe(list.join('\n'));
    }),
  );
});

test('a torn tail costs no row that was whole', () => {
  fc.assert(
    fc.property(rows, row, fc.nat(), (list, last, cut) => {
      const whole = bytesOf(list);
      const tail = Buffer.from(frameOf(last));
      const torn = Buffer.concat([whole, tail.subarray(0, cut % tail.length)]);
      expect(rowsIn(torn)).toEqual(list);
      expect(wholeLinesLength(torn)).toBe(whole.length);
    }),
  );
});

test('a byte that changed costs its row, and at most the next when it was the newline', () => {
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.nat(),
      (list, at, by) => {
        const bytes = bytesOf(list);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] as number) ^ (1 + (by % 255));
        const found = rowsIn(bytes);
        expect(found.length).toBeGreaterThanOrEqual(list.length - 2);
        expect(found.length).toBeLessThan(list.length);
        expect(list).toEqual(expect.arrayContaining(found));
      },
    ),
  );
});

test('any bytes are read without a failure, and zeros of a power cut are damage', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void readFrames(Buffer.from(bytes))));
  expect(readFrames(Buffer.alloc(64))).toEqual({ frames: [], damaged: 1 });
});
