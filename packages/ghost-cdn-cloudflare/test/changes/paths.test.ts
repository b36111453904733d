import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVERYTHING, pathsOf, together } from '../../src/changes/paths.ts';

test.each([
  ['/*', EVERYTHING],
  ['', EVERYTHING],
  ['/a/, /b/', ['/a/', '/b/']],
  ['/a/,/b/', ['/a/', '/b/']],
  ['/ghost/api/x?key=1', ['/ghost/api/x?key=1']],
  ['/blog/*', EVERYTHING],
  ['https://blog.example.com/a/', EVERYTHING],
  ['//evil.example/a', EVERYTHING],
  ['/a/, b', EVERYTHING],
  ['/a b/', EVERYTHING],
])('%j means %j', (header, paths) => {
  expect(pathsOf(header)).toEqual(paths);
});

test('two changes together are never less than either', () => {
  const path = fc.stringMatching(/^\/[a-z]{1,3}\/$/);
  const paths = fc.oneof(fc.constant(EVERYTHING), fc.array(path, { minLength: 1 }));
  fc.assert(
    fc.property(paths, paths, (one, other) => {
      const both = together(one, other);
      if (both === EVERYTHING)
        return [one, other].includes(EVERYTHING) || one.length + other.length > 500;
      return [...one, ...other].every((path) => both.includes(path));
    }),
  );
});

test('a list without an end is everything', () => {
  const many = Array.from({ length: 400 }, (_, index) => `/a${index}/`);
  expect(together(many, many)).toHaveLength(400);
  expect(
    together(
      many,
      many.map((path) => `/b${path}`),
    ),
  ).toBe(EVERYTHING);
});
