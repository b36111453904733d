import { createKnownIds } from './known-ids.ts';

/** How long and how many hits are remembered. */
export interface SeenOptions {
  /** For how long at least a hit that comes again is the same one, in milliseconds. (Default: 10 minutes) */
  windowMs?: number;
  /** Of more than that the older half is forgotten sooner. (Default: 50,000, which take 1 MB) */
  max?: number;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** Hits that are written while the half before them fills up. */
const MOST_UNDER_WAY = 1_000;

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
  let recent = createKnownIds(Math.ceil(max / 2) + MOST_UNDER_WAY);
  let before = createKnownIds(Math.ceil(max / 2) + MOST_UNDER_WAY);
  const underWay = new Map<string, Promise<void>>();
  let turnsAt = now() + windowMs;

  const forgetOld = (): void => {
    if (recent.size < max / 2 && now() < turnsAt) return;
    if (now() >= turnsAt + windowMs) recent.clear();
    before.clear();
    [before, recent] = [recent, before];
    turnsAt = now() + windowMs;
  };

  return async (id: string, work: () => Promise<void>): Promise<boolean> => {
    forgetOld();
    const first = underWay.get(id);
    if (first) await first;
    if (first || recent.has(id) || before.has(id)) return false;
    const done = work();
    underWay.set(id, done);
    try {
      await done;
      recent.add(id);
    } finally {
      underWay.delete(id);
    }
    return true;
  };
}
