/** Something that takes long to find out: what is shown is what was known last. */
export interface LastKnown<Value> {
  /** Undefined before the first answer. Asks anew when the last answer is old, and does not wait for it. */
  now(): Value | undefined;
}

/** Remembers what an answer was; one that fails leaves what was known before. */
export function createLastKnown<Value>(
  ask: () => Promise<Value>,
  { freshMs, now = () => performance.now() }: { freshMs: number; now?: () => number },
): LastKnown<Value> {
  let known: Value | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    now() {
      if (now() - askedAt > freshMs) {
        askedAt = now();
        void ask().then(
          (value) => {
            known = value;
          },
          () => {},
        );
      }
      return known;
    },
  };
}
