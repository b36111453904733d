import { expect, test, vi } from 'vitest';
import { remember } from '../../src/serve/remember.ts';

test('a result is computed once', () => {
  const compute = vi.fn((key: string) => key.toUpperCase());
  const remembered = remember(compute);
  for (let round = 0; round < 3; round += 1) expect(remembered('a')).toBe('A');
  expect(compute).toHaveBeenCalledOnce();
});

test('no more than 4 MB are kept, and what was used least recently goes first', () => {
  const compute = vi.fn((key: string) => `https://${key}`);
  const remembered = remember(compute);
  const keyOf = (number: number) => `${number}`.padEnd(1000, 'x');
  for (let number = 0; number < 4000; number += 1) {
    remembered(keyOf(number));
    remembered(keyOf(0));
  }
  compute.mockClear();
  for (const number of [3999, 0]) remembered(keyOf(number));
  expect(compute).not.toHaveBeenCalled();
  remembered(keyOf(1));
  expect(compute).toHaveBeenCalledOnce();
});

test('one key of 15 kB goes in and is counted as such', () => {
  const compute = vi.fn((key: string) => key);
  const remembered = remember(compute);
  for (let number = 0; number < 200; number += 1) remembered(`${number}`.padEnd(15_000, 'x'));
  compute.mockClear();
  remembered('0'.padEnd(15_000, 'x'));
  expect(compute).toHaveBeenCalledOnce();
});
