import { type Finding, judge, warn } from '@prosora/service';
import type { StagingNotes } from '../staging/staging-notes.ts';
import { urlOf } from '../staging/staging-project.ts';

const DAY_MS = 86_400_000;
/** Who tries something comes back to it. */
const FORGOTTEN_DAYS = 7;
const REMEDY = '`prosora staging down` throws it away.';

/** What the last run noted of staging, which takes memory for as long as it is up. */
export function* examineStaging(notes: StagingNotes | undefined, now: Date): Generator<Finding> {
  if (notes === undefined) return;
  if (notes.state !== 'up') {
    yield warn('staging', 'A run is at it, or was killed and left half of it.', REMEDY);
    return;
  }
  const days = Math.floor((now.getTime() - Date.parse(notes.since)) / DAY_MS);
  yield judge('staging', days < FORGOTTEN_DAYS, {
    ok: `A copy of the site is up at ${urlOf(notes)}/.`,
    warn: `A copy of the site has been up for ${days} days, and takes memory.`,
    remedy: REMEDY,
  });
}
