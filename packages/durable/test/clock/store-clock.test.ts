import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStoreClock } from '../../src/clock/store-clock.ts';
import { createFakeClock } from '../fixtures/fake-clock.ts';

test('whatever the clock does, store time never steps back and never stands still', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer(), fc.nat(10_000))), (moves) => {
      const wall = createFakeClock();
      const clock = createStoreClock(wall, 0);
      for (const [stepMs, passedMs] of moves) {
        const before = clock.now();
        wall.step(stepMs);
        const stepped = clock.now();
        expect(stepped).toBe(before + Math.max(0, stepMs));
        wall.advance(passedMs);
        expect(clock.now()).toBe(stepped + passedMs);
      }
    }),
  );
});

test('a clock that was set back while the process was down goes on from the written time', () => {
  const wall = createFakeClock(1_000);
  const clock = createStoreClock(wall, 50_000);
  expect(clock.now()).toBe(50_000);
  wall.advance(10);
  expect(clock.now()).toBe(50_010);
});

test('a moment on the wall keeps its distance from now, and reads as the same moment', () => {
  const wall = createFakeClock(100_000);
  const clock = createStoreClock(wall, 0);
  wall.step(-60_000);
  const inTenSeconds = new Date(wall.now() + 10_000);
  expect(clock.fromDate(inTenSeconds) - clock.now()).toBe(10_000);
  expect(clock.toDate(clock.fromDate(inTenSeconds))).toEqual(inTenSeconds);
});
