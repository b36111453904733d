/** How long changes are gathered before they are purged. */
export interface Gathering {
  /** After a change nothing more may come for so long. */
  quietMs: number;
  /** A change waits no longer than this for others. */
  longestMs: number;
}

/**
 * When what waits is to be purged, after one more change.
 *
 * @param since when the first change came that no purge has taken up; undefined when this is the first
 */
export function dueAt(now: number, since: number | undefined, rules: Gathering): number {
  return Math.min(now + rules.quietMs, (since ?? now) + rules.longestMs);
}
