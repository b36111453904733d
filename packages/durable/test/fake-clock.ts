import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../src/clock.ts';

/** A clock that only moves when told. Sleeping takes real milliseconds, so that a worker does not spin. */
export interface FakeClock extends Clock {
  /** Lets time pass. */
  advance(ms: number): void;
  /** Sets the clock forward or back, as an administrator or a bad time server does. */
  step(ms: number): void;
}

export function createFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  const move = (ms: number) => {
    now += ms;
  };
  return {
    now: () => now,
    advance: move,
    step: move,
    async sleep(ms, signal) {
      await delay(Math.min(ms, 5), undefined, signal ? { signal } : {}).catch(() => undefined);
    },
  };
}
