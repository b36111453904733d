import { askEdge, countsBetween, type EdgeCounts, sumOf } from '../services/edge-counts.ts';

/** How often the edge is asked. */
export const SAMPLE_MS = 60_000;
const SAMPLES = 60;

/** What came to the edge in the hour that is over. */
export interface EdgeHour {
  /** Asks the edge once more; a minute in which it does not answer is missing from the hour. */
  sample(): Promise<void>;
  /** Undefined before two answers of it. */
  readonly past: EdgeCounts | undefined;
}

/** Keeps it in memory: a service that was just started knows nothing of the time before. */
export function keepEdgeHour(ask: () => Promise<EdgeCounts> = askEdge): EdgeHour {
  let last: EdgeCounts | undefined;
  const minutes: EdgeCounts[] = [];
  return {
    async sample() {
      const now = await ask().catch(() => undefined);
      if (now && last) minutes.push(countsBetween(last, now));
      if (minutes.length > SAMPLES) minutes.shift();
      last = now ?? last;
    },
    get past() {
      return minutes.length > 0 ? sumOf(minutes) : undefined;
    },
  };
}
