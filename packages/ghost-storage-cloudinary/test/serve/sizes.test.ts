import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hasListedSize,
  imageOfSizePath,
  isCheckedByGhost,
  parseSizePath,
} from '../../src/serve/sizes.ts';

describe('size paths', () => {
  test.each([
    ['size/w600/2026/11/x.jpg', { path: '2026/11/x.jpg', width: 600 }],
    ['size/h400/x.png', { path: 'x.png', height: 400 }],
    ['size/w256h256/x.webp', { path: 'x.webp', width: 256, height: 256 }],
    ['size/w600/format/avif/x.jpg', { path: 'x.jpg', width: 600, format: 'avif' }],
    ['size/w256h256/format/png/a.svg', { path: 'a.svg', width: 256, height: 256, format: 'png' }],
    ['size/w9999/x.JPG', { path: 'x.JPG', width: 9999 }],
  ])('%s is a size of an image', (path, expected) => {
    expect(parseSizePath(path)).toEqual(expected);
  });

  test.each([
    'size/w12345/2026/11/x.jpg',
    'size/w0/x.jpg',
    'size/w0600/x.jpg',
    'size/w-1/x.jpg',
    'size/w6e2/x.jpg',
    'size//x.jpg',
    'size/x.jpg',
    'size/h400w600/x.jpg',
    'size/w600/x',
    'size/w600/',
    'size/w600',
    'size/w600/x.ico',
    'size/w600/x.svg',
    'size/w600/x.mp4',
    'size/w600/format/png/x.ico',
    'size/w600/format/pdf/x.jpg',
    'size/w600/format/webp,e_x/x.jpg',
    'size/w600/size/w300/x.jpg',
    'size/w600,e_blur/x.jpg',
    'sizes/w600/x.jpg',
  ])('%s is refused', (path) => {
    expect(parseSizePath(path)).toBeUndefined();
  });

  test('whatever the path holds, only whole pixels up to 9999 and known formats come out', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'size',
        'w600',
        'h0',
        'w99999h1',
        'format',
        'webp',
        'x.jpg',
        '..',
        '',
        'w1h1',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 12 }),
    );
    const path = fc.array(part, { maxLength: 6 }).map((parts) => `size/${parts.join('/')}`);
    fc.assert(
      fc.property(path, (hostile) => {
        const size = parseSizePath(hostile);
        if (size === undefined) return;
        const { width, height, format = 'webp' } = size;
        for (const pixels of [width, height]) {
          if (pixels === undefined) continue;
          expect(Number.isInteger(pixels) && pixels >= 1 && pixels <= 9999).toBe(true);
        }
        expect(width ?? height).toBeDefined();
        expect(['gif', 'jpeg', 'jpg', 'png', 'webp', 'avif']).toContain(format);
        expect(size.path).toBe(imageOfSizePath(hostile));
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ['/size/w77/a.jpg', true],
  ['/size/w77/a.jpg?v=1.2', true],
  ['/size/w77/a.jpg/', false],
  ['/size/w77/a.jpg?/', false],
  ['/size/w77/a.jpg?b=/c', false],
  ['/size/w77/a', false],
  ['/%73ize/w77/a.jpg', false],
  ['//size/w77/a.jpg', false],
])('Ghost looked at the size in %s: %s', (url, expected) => {
  expect(isCheckedByGhost(url)).toBe(expected);
});

test('a size is listed as a whole', () => {
  const listed = new Set(['w600', 'w64h64']);
  const paths = ['size/w600/a.jpg', 'size/w64h64/a.jpg', 'size/w60/a.jpg', 'size/w64/a.jpg'];
  expect(paths.map((path) => hasListedSize(path, listed))).toEqual([true, true, false, false]);
});
