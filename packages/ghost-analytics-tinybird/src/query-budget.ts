/** Says how many questions may still be asked. */
export interface QueryBudget {
  /** Takes one, or says in how many milliseconds there will be one. */
  take(): { granted: true } | { granted: false; waitMs: number };
}

const DAY_MS = 86_400_000;
/** What may be asked at once; the rest comes evenly over the day, so that the evening is not without. */
const BURST_SHARE = 1 / 4;

/**
 * Creates a budget that in no 24 hours grants more than so many: a bucket of a quarter of them, refilled
 * with the other three quarters over a day.
 */
export function createQueryBudget(perDay: number, now = Date.now): QueryBudget {
  const capacity = Math.floor(perDay * BURST_SHARE);
  const perMs = (perDay - capacity) / DAY_MS;
  let tokens = capacity;
  let filledAt = now();

  return {
    take() {
      const at = now();
      tokens = Math.min(capacity, tokens + Math.max(0, at - filledAt) * perMs);
      filledAt = at;
      if (tokens < 1) return { granted: false, waitMs: Math.ceil((1 - tokens) / perMs) };
      tokens -= 1;
      return { granted: true };
    },
  };
}
