import { expect, it } from 'vitest';
import { isSorted } from '../../src/sql/is-sorted.ts';

it.each([
  ['SELECT page FROM hits ORDER BY visits DESC LIMIT 0,50'],
  ['WITH x AS (SELECT 1 UNION ALL SELECT 2) SELECT * FROM x\norder  by 1'],
  ["SELECT ')' FROM hits -- (\nORDER BY page"],
])('sorts its rows: %s', (sql) => {
  expect(isSorted(sql)).toBe(true);
});

it.each([
  ['SELECT page FROM hits'],
  ['SELECT * FROM (SELECT page FROM hits ORDER BY page)'],
  ['SELECT sum(n) OVER (ORDER BY page) FROM hits'],
  ["SELECT 'ORDER BY page' FROM hits -- ORDER BY page"],
  ['SELECT 1 AS page UNION ALL SELECT page FROM hits ORDER BY page'],
])('leaves them as they come: %s', (sql) => {
  expect(isSorted(sql)).toBe(false);
});
