/** How long and how many hits are remembered. */
export interface SeenOptions {
  /** For how long a hit that comes again is the same one, in milliseconds. (Default: 10 minutes) */
  windowMs?: number;
  /** Older ones are forgotten above it. (Default: 50,000, which is some 10 MB) */
  max?: number;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/**
 * Does the work for each id once within the window: a proxy or a browser that lost the answer sends the
 * same hit again. The repetition waits for the first one's work and fails with it, so that its answer
 * promises no more than the first one's would have.
 *
 * @returns the function; it resolves with whether this was the first.
 */
export function createSeen(options: SeenOptions = {}) {
  const { windowMs = 600_000, max = 50_000, now = Date.now } = options;
  const doneAt = new Map<string, number>();
  const doing = new Map<string, Promise<void>>();

  const forgetOld = (): void => {
    for (const [id, at] of doneAt) {
      if (doneAt.size <= max && at > now() - windowMs) return;
      doneAt.delete(id);
    }
  };

  return async (id: string, work: () => Promise<void>): Promise<boolean> => {
    forgetOld();
    if (doneAt.has(id)) return false;
    const first = doing.get(id);
    if (first) {
      await first;
      return false;
    }
    const done = work();
    doing.set(id, done);
    try {
      await done;
      doneAt.set(id, now());
      return true;
    } finally {
      doing.delete(id);
    }
  };
}
