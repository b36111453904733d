import { expect, test } from 'vitest';
import { isSameSchedule } from '../../src/lanes/ticks.ts';

test('times that Ghost draws anew are the same schedule, and another rhythm is not', () => {
  expect(isSameSchedule('4 22 2 * * *', '59 0 23 * * *')).toBe(true);
  expect(isSameSchedule('4 22 2 * * *', '4 22 * * * *')).toBe(false);
  expect(isSameSchedule('*/5 * * * *', '*/10 * * * *')).toBe(false);
  expect(isSameSchedule('4 22 2 * * *', '22 2 * * *')).toBe(false);
});
