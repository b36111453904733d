import type { ResendSettings } from './settings.ts';

/** What the limiter says of one call. */
interface LimiterAnswer {
  allowed: boolean;
  /** Calls that would be allowed now. */
  remaining: number;
  /** Until the whole limit is there again. */
  resetMs: number;
  /** Until one more call is allowed. */
  retryAfterMs: number;
}

/** Counts calls; `now` in ms, `limit` in calls a second. */
export interface Limiter {
  take(now: number, limit: number): LimiterAnswer;
}

const WINDOW_MS = 1_000;

const LIMITERS = {
  'fixed-window': createFixedWindow,
  'sliding-log': createSlidingLog,
  'token-bucket': createTokenBucket,
} as const satisfies Record<ResendSettings['limiter'], () => Limiter>;

/** How calls are counted. */
export type LimiterKind = ResendSettings['limiter'];

/** Creates a limiter of one kind, with nothing counted yet. */
export function createLimiter(kind: LimiterKind): Limiter {
  return LIMITERS[kind]();
}

/** Counts from each full second on: twice the limit fits around a boundary. */
function createFixedWindow(): Limiter {
  let window = 0;
  let used = 0;
  return {
    take(now, limit) {
      const current = Math.floor(now / WINDOW_MS);
      if (current !== window) used = 0;
      window = current;
      const allowed = used < limit;
      if (allowed) used += 1;
      const resetMs = (current + 1) * WINDOW_MS - now;
      // The limit may have been lowered meanwhile.
      const remaining = Math.max(0, limit - used);
      return { allowed, remaining, resetMs, retryAfterMs: remaining > 0 ? 0 : resetMs };
    },
  };
}

/** Never more than the limit in any second. */
function createSlidingLog(): Limiter {
  let calls: number[] = [];
  return {
    take(now, limit) {
      calls = calls.filter((at) => at > now - WINDOW_MS);
      const allowed = calls.length < limit;
      if (allowed) calls.push(now);
      const remaining = Math.max(0, limit - calls.length);
      const first = calls[0] ?? now;
      const last = calls.at(-1) ?? now;
      return {
        allowed,
        remaining,
        resetMs: last + WINDOW_MS - now,
        retryAfterMs: remaining > 0 ? 0 : first + WINDOW_MS - now,
      };
    },
  };
}

/** Refills evenly; a pause saves up as much as one second's calls. */
function createTokenBucket(): Limiter {
  let tokens: number | undefined;
  let filledAt = 0;
  return {
    take(now, limit) {
      const refilled = (tokens ?? limit) + (Math.max(0, now - filledAt) * limit) / WINDOW_MS;
      tokens = Math.min(limit, refilled);
      filledAt = now;
      const allowed = tokens >= 1;
      if (allowed) tokens -= 1;
      return {
        allowed,
        remaining: Math.floor(tokens),
        resetMs: ((limit - tokens) * WINDOW_MS) / limit,
        retryAfterMs: Math.max(0, ((1 - tokens) * WINDOW_MS) / limit),
      };
    },
  };
}
