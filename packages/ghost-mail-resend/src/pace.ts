import type { Clock } from '@prosora/durable';
import type { ResendAnswer } from './resend.ts';

/** Lets calls begin as fast as Resend allows the team. */
export interface Pace {
  /** Resolves when a call may begin; rejects when `signal` aborts first. */
  take(signal: AbortSignal): Promise<void>;
  /** Reads what an answer says about the limit. */
  learn(answer: ResendAnswer): void;
  /** No call before this time, in ms since 1970. */
  holdUntil(time: number): void;
}

/** Resend's limit for a new team; the headers of the first answer correct it. */
const FIRST_LIMIT = 2;

/**
 * A token bucket of `ratelimit-limit` calls a second that follows Resend's headers: what other programs
 * of the team use shows in `ratelimit-remaining`.
 */
export function createPace(clock: Clock): Pace {
  let limit = FIRST_LIMIT;
  let tokens = FIRST_LIMIT;
  let filledAt = clock.now();
  let heldUntil = 0;

  function msUntilToken(): number {
    const now = clock.now();
    const elapsedMs = Math.max(0, now - filledAt);
    tokens = Math.min(limit, tokens + (elapsedMs * limit) / 1000);
    filledAt = now;
    if (heldUntil > now) return heldUntil - now;
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / limit);
  }

  return {
    async take(signal) {
      for (;;) {
        const waitMs = msUntilToken();
        signal.throwIfAborted();
        if (waitMs === 0) {
          tokens -= 1;
          return;
        }
        await clock.sleep(waitMs, signal);
      }
    },
    learn({ rate }) {
      if (rate.limit !== null && rate.limit > 0) limit = rate.limit;
      if (rate.remaining === null) return;
      tokens = Math.min(tokens, rate.remaining);
      if (rate.remaining === 0 && rate.resetMs !== null) this.holdUntil(clock.now() + rate.resetMs);
    },
    holdUntil(time) {
      heldUntil = Math.max(heldUntil, time);
    },
  };
}
