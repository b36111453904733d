import { describe, expect, test } from 'vitest';
import { storeFolder, storePath } from '../../src/store/store-path.ts';

const ROOT = '/srv/content/images';

describe('paths from Ghost', () => {
  test.each([
    ['x.jpg', '2026/11', '2026/11/x.jpg'],
    ['/2026/11/x.jpg', undefined, '2026/11/x.jpg'],
    ['x.jpg', `${ROOT}/2026/11`, '2026/11/x.jpg'],
    ['x.jpg', ROOT, 'x.jpg'],
    ['x.jpg', '.', 'x.jpg'],
    [`${ROOT}/2026/11/x.jpg`, undefined, '2026/11/x.jpg'],
    ['content/images/x.jpg', undefined, 'content/images/x.jpg'],
    ['2026\\11\\x.jpg', undefined, '2026/11/x.jpg'],
    ['a..b.jpg', undefined, 'a..b.jpg'],
  ])('%s in %s is %s', (name, folder, expected) => {
    expect(storePath(ROOT, name, folder)).toBe(expected);
  });

  test.each([
    ['../x.jpg', undefined],
    ['x.jpg', '../..'],
    ['..\\x.jpg', undefined],
    ['', undefined],
    ['/', undefined],
    ['a\0.jpg', undefined],
    ['\ud800.jpg', undefined],
  ])('%j in %s is refused', (name, folder) => {
    expect(() => storePath(ROOT, name, folder)).toThrowError(
      expect.objectContaining({ code: 'PATH_INVALID', errorType: 'IncorrectUsageError' }),
    );
  });

  test.each([
    ['2026/11', '2026/11'],
    [ROOT, ''],
    [`${ROOT}/icon`, 'icon'],
    ['.', ''],
  ])('the folder %s is %j', (folder, expected) => {
    expect(storeFolder(ROOT, folder)).toBe(expected);
  });
});
