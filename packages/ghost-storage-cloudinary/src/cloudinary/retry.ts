import { setTimeout as delay } from 'node:timers/promises';
import type { CloudinaryError } from '../errors.ts';

/** First wait before jitter, doubled each time, and the longest one we choose ourselves. */
const BASE_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;

/** How long and how often a call to Cloudinary is tried. */
export interface RetryPolicy {
  /** Attempts after the first. */
  retries: number;
  /** Longest duration of one attempt, in milliseconds. */
  timeoutMs: number;
  /** Longest duration of all attempts and the waits between them, in milliseconds. */
  deadlineMs: number;
}

/** Time and chance; tests bring their own. */
export interface RetryClock {
  now: () => number;
  random: () => number;
  sleep: (waitMs: number) => Promise<unknown>;
}

export const systemClock: RetryClock = { now: Date.now, random: Math.random, sleep: delay };

/**
 * Repeats a call while its error says `retryable`: exponential backoff with full jitter, or what
 * Cloudinary asked for. A wait that would pass the deadline is not begun.
 *
 * @throws CloudinaryError of the last attempt.
 */
export async function withRetries<T>(
  call: (signal: AbortSignal) => Promise<T>,
  { retries, timeoutMs, deadlineMs }: RetryPolicy,
  clock: RetryClock = systemClock,
): Promise<T> {
  const deadline = clock.now() + deadlineMs;
  for (let attempt = 0; ; attempt += 1) {
    const leftMs = Math.max(deadline - clock.now(), 1);
    try {
      return await call(AbortSignal.timeout(Math.min(timeoutMs, leftMs)));
    } catch (error) {
      const { retryable, retryAfterMs } = error as Partial<CloudinaryError>;
      if (!retryable || attempt >= retries) throw error;
      const waitMs = waitBefore(attempt, retryAfterMs, clock.random());
      if (clock.now() + waitMs >= deadline) throw error;
      await clock.sleep(waitMs);
    }
  }
}

function waitBefore(attempt: number, retryAfterMs: number | undefined, random: number): number {
  // The jitter on top keeps several Ghosts from coming back in the same millisecond.
  if (retryAfterMs !== undefined) return retryAfterMs + Math.round(random * BASE_WAIT_MS);
  return Math.round(random * Math.min(MAX_WAIT_MS, BASE_WAIT_MS * 2 ** attempt));
}
