/** How long and how many hits are remembered. */
export interface SeenOptions {
  /** For how long at least a hit that comes again is the same one, in milliseconds. (Default: 10 minutes) */
  windowMs?: number;
  /** Of more than that the older half is forgotten sooner. (Default: 50,000, which is some 5 MB) */
  max?: number;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** One for all, so that no work's own promise stays in memory. */
const DONE = Promise.resolve();

/**
 * Does the work for each id once within the window: a proxy or a browser that lost the answer sends the
 * same hit again. The repetition waits for the first one's work and fails with it, so that its answer
 * promises no more than the first one's would have.
 *
 * @returns the function; it resolves with whether this was the first.
 */
export function createSeen(options: SeenOptions = {}) {
  const { windowMs = 600_000, max = 50_000, now = Date.now } = options;
  // Forgotten by halves: to find the oldest of one long list costs more with each that was taken from it.
  let recent = new Map<string, Promise<void>>();
  let before: typeof recent = new Map();
  let turnsAt = now() + windowMs;

  const forgetOld = (): void => {
    if (recent.size < max / 2 && now() < turnsAt) return;
    before = now() < turnsAt + windowMs ? recent : new Map();
    recent = new Map();
    turnsAt = now() + windowMs;
  };

  return async (id: string, work: () => Promise<void>): Promise<boolean> => {
    forgetOld();
    const first = recent.get(id) ?? before.get(id);
    if (first) {
      await first;
      return false;
    }
    const done = work();
    recent.set(id, done);
    try {
      await done;
    } catch (error) {
      recent.delete(id);
      before.delete(id);
      throw error;
    }
    recent.set(id, DONE);
    return true;
  };
}
