import { setTimeout as delay } from 'node:timers/promises';

/** Where time comes from; a test or a simulation brings its own. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now`. It may step back. */
  now(): number;
  /** Resolves after `ms` milliseconds, or as soon as `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node fires timers beyond this at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    // An abort is the other way to end a sleep, not a failure.
    await delay(Math.min(ms, longestTimerMs), undefined, signal ? { signal } : {}).catch(
      () => undefined,
    );
  },
};
