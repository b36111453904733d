/** How long and how many hits are remembered. */
export interface SeenOptions {
  /** For how long a hit that comes again is the same one, in milliseconds. (Default: 10 minutes) */
  windowMs?: number;
  /** Older ones are forgotten above it. (Default: 50,000, which is some 10 MB) */
  max?: number;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

interface Sighting {
  at: number;
  /** Settles as the work of the first one did. */
  done: Promise<void>;
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
  const sightings = new Map<string, Sighting>();

  const forgetOld = (): void => {
    for (const [id, { at }] of sightings) {
      if (sightings.size <= max && at > now() - windowMs) return;
      sightings.delete(id);
    }
  };

  return async (id: string, work: () => Promise<void>): Promise<boolean> => {
    forgetOld();
    const before = sightings.get(id);
    if (before) {
      await before.done;
      return false;
    }
    const done = work();
    sightings.set(id, { at: now(), done });
    try {
      await done;
      return true;
    } catch (error) {
      sightings.delete(id);
      throw error;
    }
  };
}
