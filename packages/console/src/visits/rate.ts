/** Says how fast a counter grows, by what it was when it was last looked at. */
export interface Rate {
  /** A second; undefined at the first look, and after the counter began anew. */
  of(count: number): number | undefined;
}

/** Two looks that are nearer say nothing. */
const LEAST_MS = 1_000;
/** What was long ago is not now. */
const LONGEST_MS = 5 * 60_000;

/** @param now milliseconds since any moment; it must not jump */
export function createRate(now: () => number = () => performance.now()): Rate {
  let last: { count: number; at: number } | undefined;
  let rate: number | undefined;
  return {
    of(count) {
      const at = now();
      if (last !== undefined && at - last.at < LEAST_MS) return rate;
      const isKnown = last !== undefined && count >= last.count && at - last.at <= LONGEST_MS;
      rate = last && isKnown ? ((count - last.count) / (at - last.at)) * 1_000 : undefined;
      last = { count, at };
      return rate;
    },
  };
}
