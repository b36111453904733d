import { expect, test } from 'vitest';
import { STYLE } from '../../src/look/style.ts';

test('the stylesheet stays small', () => {
  expect(STYLE.length).toBeLessThan(15_000);
});
