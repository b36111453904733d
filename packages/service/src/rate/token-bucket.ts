/** How a bucket is filled. */
export interface TokenBucketOptions {
  /** What it holds at most, and at first. */
  capacity: number;
  /** Tokens that come in a millisecond; with 0 what is taken is gone. */
  perMs: number;
  /** Milliseconds since any moment. While they run backwards, nothing comes. */
  now: () => number;
}

/** Grants so many calls at once, and as many as come afterwards: https://en.wikipedia.org/wiki/Token_bucket */
export interface TokenBucket {
  /** Puts tokens in, or with a negative number takes them out; it may owe some. */
  add(tokens: number): void;
  /** Milliseconds until it holds so many; 0 when it does. */
  msUntil(tokens: number): number;
}

/** Creates a bucket, which is full. */
export function createTokenBucket({ capacity, perMs, now }: TokenBucketOptions): TokenBucket {
  let level = capacity;
  let filledAt = now();

  function fill(): void {
    const at = now();
    level = Math.min(capacity, level + Math.max(0, at - filledAt) * perMs);
    filledAt = at;
  }

  return {
    add(tokens) {
      fill();
      level = Math.min(capacity, level + tokens);
    },
    msUntil(tokens) {
      fill();
      return level >= tokens ? 0 : (tokens - level) / perMs;
    },
  };
}
