import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseContentRange } from '../../src/cloudinary/content-range.ts';

describe('parseContentRange', () => {
  test('reads any range of a known total', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (start, length, rest) => {
        const end = start + length + 1;
        const total = end + rest;
        expect(parseContentRange(`bytes ${start}-${end - 1}/${total}`)).toEqual({
          start,
          end,
          total,
        });
      }),
    );
  });

  test.each(['-1', '*'])('takes %s for a total that is not known yet', (total) => {
    expect(parseContentRange(`bytes 0-4/${total}`)).toEqual({ start: 0, end: 5, total: undefined });
  });

  test.each(['', 'bytes 5-4/10', 'bytes 0-10/10', 'bytes 0-4/-2', 'bytes=0-4/9', 'bytes a-b/c'])(
    'refuses %j',
    (header) => {
      expect(() => parseContentRange(header)).toThrow(`Invalid Content-Range header: ${header}`);
    },
  );
});
