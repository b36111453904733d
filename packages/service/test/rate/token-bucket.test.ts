import { expect, test } from 'vitest';
import { createTokenBucket } from '../../src/index.ts';

function bucketAt({ capacity = 4, perMs = 1 / 100 } = {}) {
  const clock = { ms: 1_000 };
  return { clock, ...createTokenBucket({ capacity, perMs, now: () => clock.ms }) };
}

test('a full bucket grants what it holds, and then as much as comes', () => {
  const { clock, add, msUntil } = bucketAt();
  expect(msUntil(4)).toBe(0);
  add(-4);
  expect(msUntil(1)).toBe(100);
  clock.ms += 60;
  expect(msUntil(1)).toBeCloseTo(40);
  clock.ms += 40;
  expect(msUntil(1)).toBeCloseTo(0);
});

test('a pause saves up no more than it holds', () => {
  const { clock, add, msUntil } = bucketAt();
  clock.ms += 1_000_000;
  add(1);
  add(-4);
  expect(msUntil(0)).toBe(0);
  expect(msUntil(1)).toBe(100);
});

test('what was taken ahead is waited for', () => {
  const { msUntil, add } = bucketAt();
  add(-10);
  expect(msUntil(0)).toBeCloseTo(600);
});

test('a clock that runs backwards brings nothing and takes nothing away', () => {
  const { clock, add, msUntil } = bucketAt();
  add(-4);
  clock.ms -= 500;
  expect(msUntil(1)).toBe(100);
  clock.ms += 100;
  expect(msUntil(1)).toBeCloseTo(0);
});

test('where nothing comes, what it holds can be had and no more', () => {
  const { add, msUntil } = bucketAt({ capacity: 1, perMs: 0 });
  expect(msUntil(1)).toBe(0);
  add(-1);
  expect(msUntil(1)).toBe(Number.POSITIVE_INFINITY);
});
