import { expect, test, vi } from 'vitest';
import { remember } from '../src/remember.ts';

test('a result is computed once, also when there is none', () => {
  const compute = vi.fn((key: string) => (key === 'none' ? undefined : key.toUpperCase()));
  const remembered = remember(compute);
  for (let round = 0; round < 3; round += 1) {
    expect([remembered('a'), remembered('none')]).toEqual(['A', undefined]);
  }
  expect(compute).toHaveBeenCalledTimes(2);
});

test('no more than 10,000 are kept, and the oldest goes first', () => {
  const compute = vi.fn((key: string) => key);
  const remembered = remember(compute);
  for (let number = 0; number <= 10_000; number += 1) remembered(`${number}`);
  compute.mockClear();
  remembered('10000');
  expect(compute).not.toHaveBeenCalled();
  remembered('0');
  expect(compute).toHaveBeenCalledOnce();
});
