import { expect, test } from 'vitest';
import { pathsThatDiffer } from '../../images/differing-paths.ts';

test('names each place at which two values differ, and those that only one has', () => {
  const one = { a: { b: 1, c: [1, 2] }, d: null };
  const other = { a: { b: 2, c: [1, 3, 4] }, d: null, e: '' };
  expect(pathsThatDiffer(one, other)).toEqual(['a.b', 'a.c.1', 'a.c.2', 'e']);
  expect(pathsThatDiffer(one, structuredClone(one))).toEqual([]);
});
