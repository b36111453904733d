import { describe, expect, test } from 'vitest';
import { createNames, MAX_PUBLIC_ID_LENGTH } from '../../src/cloudinary/names.ts';
import { numberedPaths } from '../../src/store/file-names.ts';

const names = createNames('ghost', 'images');
const sanitise = (name: string) => name.replace(/[^\w@.]/gi, '-');

describe('the names a file may get', () => {
  const firstNames = (folder: string, name: string) =>
    [0, 1, 2].map(numberedPaths(names, folder, name, sanitise));

  test.each([
    ['my cat.png', ['2026/11/my-cat.png', '2026/11/my-cat-1.png', '2026/11/my-cat-2.png']],
    ['2020/01/a.jpg', ['2026/11/a.jpg', '2026/11/a-1.jpg', '2026/11/a-2.jpg']],
    ['notes.2', ['2026/11/notes.2', '2026/11/notes.2-1', '2026/11/notes.2-2']],
    ['Makefile', ['2026/11/Makefile', '2026/11/Makefile-1', '2026/11/Makefile-2']],
    ['a.p g', ['2026/11/a.p-g', '2026/11/a-1.p-g', '2026/11/a-2.p-g']],
  ])('%s', (name, expected) => {
    expect(firstNames('2026/11', name)).toEqual(expected);
  });

  test('a long name is cut so that every number fits a public_id and stays distinct', () => {
    const pathOf = numberedPaths(names, '2026/11', `${'x'.repeat(400)}.jpeg`, sanitise);
    const paths = Array.from({ length: 1001 }, (_, number) => pathOf(number));
    expect(new Set(paths).size).toBe(1001);
    for (const path of paths) {
      expect(names.assetOf(path).publicId.length).toBeLessThanOrEqual(MAX_PUBLIC_ID_LENGTH);
      expect(path).toMatch(/\.jpeg$/);
    }
  });
});
