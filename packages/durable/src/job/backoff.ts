/** When to try again after a failure. */
export interface BackoffOptions {
  /** Longest wait after the first failure; it doubles with each further one. (Default: 1,000) */
  baseMs?: number;
  /** Longest wait of all. (Default: 600,000, ten minutes) */
  capMs?: number;
  /** How long after its first failure a job may still be tried. (Default: 604,800,000, seven days) */
  budgetMs?: number;
  /** A number from 0 up to 1, as `Math.random`. */
  random?: () => number;
}

/** What is known when a job has just failed. */
export interface Failure {
  /** Failures so far, this one included: 1 and up. */
  failures: number;
  /** Milliseconds since the first of them. */
  failingForMs: number;
  /** The wait that the target asked for (`Retry-After`); it is kept exactly, above the cap as well. */
  afterMs?: number | undefined;
}

/** The wait before the next attempt in milliseconds, or `undefined` when the budget is spent. */
export type Backoff = (failure: Failure) => number | undefined;

/**
 * Exponential backoff with full jitter: any wait between nothing and `baseMs · 2^(failures - 1)`, at
 * most `capMs`. Full jitter spreads the return of many jobs best:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createBackoff(options: BackoffOptions = {}): Backoff {
  const { baseMs = 1_000, capMs = 600_000, budgetMs = 604_800_000, random = Math.random } = options;

  return ({ failures, failingForMs, afterMs }) => {
    const longestMs = Math.min(capMs, baseMs * 2 ** (failures - 1));
    const waitMs = afterMs ?? Math.floor(random() * longestMs);
    return failingForMs + waitMs > budgetMs ? undefined : waitMs;
  };
}
