import { type Backup, backupsIn, runOf, type Snapshot, snapshotsIn } from './backups.ts';
import { readNotes } from './notes.ts';
import type { Place } from './place.ts';
import { restic } from './restic.ts';
import { chartsIn, type Tick, ticksIn } from './ticks.ts';

/** How long what a killed run left may stay. */
const LEFTOVER_MS = 86_400_000;
/** How long the moments between two backups are kept, and each copy of the stores that was made in them. */
const MOMENTS_MS = 7 * 86_400_000;
const COPIES_MS = 86_400_000;
const POLICY = ['--keep-daily', '7', '--keep-weekly', '5', '--keep-monthly', '12'];

/** What became of old backups. */
export interface Forgotten {
  runs: string[];
  /** Why none was: a sentence. */
  kept?: string;
}

/**
 * Removes the backups that no rule keeps: 7 days, 5 weeks and 12 months, by restic's own reckoning. The newest that a
 * drill has proven stays whatever its age, and so do those that updates may go back to; none goes while one that was taken before the newest is of a later time,
 * or while the newest has suspiciously little in it. Moments between backups are kept for 7 days.
 */
export async function forgetOld(place: Place, now: Date): Promise<Forgotten> {
  const snapshots = await snapshotsIn(place);
  const backups = backupsIn(snapshots);
  const kept = reasonToKeepAll(backups);
  if (kept) return { runs: [], kept };
  const removed = await outOfPolicy(place);
  const { held = [] } = readNotes(place.dir);
  const gone = gones(snapshots, backups, removed, now, held);
  if (gone.ids.length > 0) await restic(place, ['forget', '--prune', ...gone.ids]);
  return { runs: gone.runs };
}

/** Undefined when old backups may go. */
export function reasonToKeepAll(backups: readonly Backup[]): string | undefined {
  const newest = backups.at(-1);
  if (newest === undefined) return undefined;
  if (newest.isDoubtful) return 'The newest backup has suspiciously little in it.';
  // Once the newest is of the latest time as well, those of odd times are old ones like any other.
  const isLatest = backups.every((backup) => backup === newest || backup.takenAt < newest.takenAt);
  return isLatest ? undefined : 'An earlier backup is of a later time: the clock has jumped back.';
}

/** The manifests that restic's rules would let go. */
async function outOfPolicy(place: Place): Promise<Set<string>> {
  const words = ['forget', '--dry-run', '--json', '--no-lock', '--host', place.site];
  const printed = await restic(place, [
    ...words,
    '--tag',
    'whole',
    '--group-by',
    'host',
    ...POLICY,
  ]);
  const groups = (JSON.parse(printed) as { remove: Snapshot[] | null }[] | null) ?? [];
  return new Set(groups.flatMap(({ remove }) => (remove ?? []).map(({ id }) => id)));
}

/** The snapshots to forget: all of each such backup, and what runs left that were cut off. */
export function gones(
  snapshots: readonly Snapshot[],
  backups: readonly Backup[],
  outOfPolicy: ReadonlySet<string>,
  now: Date,
  held: readonly string[] = [],
): { ids: string[]; runs: string[] } {
  const proven = backups.findLast(({ isProven }) => isProven);
  const runs = backups
    .filter((backup) => outOfPolicy.has(backup.snapshot) && backup !== proven)
    .map(({ run }) => run)
    .filter((run) => !held.includes(run));
  const whole = new Set(backups.map(({ run }) => run));
  const isLeftover = (snapshot: Snapshot) =>
    !whole.has(runOf(snapshot)) && now.getTime() - Date.parse(snapshot.time) > LEFTOVER_MS;
  const spared = [proven?.run, backups.at(-1)?.run, ...held];
  const moments = oldMoments(snapshots, { spared, held }, now);
  const ids = snapshots
    .filter(
      (snapshot) =>
        runs.includes(runOf(snapshot)) || isLeftover(snapshot) || moments.has(snapshot.id),
    )
    .map(({ id }) => id);
  return { ids, runs };
}

/**
 * The snapshots of moments that may go: after a week all but those that go on from a run to spare, and after a day what a
 * later one has as well. The last tick of a chapter has its log, and needs the ticks that have its copies, so that a
 * restore to any second then takes the copies of somewhat earlier and later.
 */
function oldMoments(
  snapshots: readonly Snapshot[],
  { spared, held }: { spared: readonly (string | undefined)[]; held: readonly string[] },
  now: Date,
): Set<string> {
  const isOlder = (moment: Date, ms: number) => now.getTime() - moment.getTime() > ms;
  const ticks = ticksIn(snapshots);
  const nameOf = ({ log, number }: Pick<Tick, 'log' | 'number'>) => `${log} ${number}`;
  const needed = new Set<string>();
  for (const [place, tick] of ticks.entries()) {
    const next = ticks.slice(place + 1).find(({ log }) => log === tick.log);
    const isLast = next === undefined || next.from > tick.from || next.run !== tick.run;
    const isNeeded = isLast || held.includes(tick.run);
    if (!isNeeded && isOlder(tick.moment, COPIES_MS)) continue;
    needed.add(nameOf(tick));
    for (const number of Object.values(tick.copies)) needed.add(nameOf({ log: tick.log, number }));
  }
  const gone = ticks.filter(
    (tick) =>
      !needed.has(nameOf(tick)) || (isOlder(tick.moment, MOMENTS_MS) && !spared.includes(tick.run)),
  );
  const charts = chartsIn(snapshots).filter(
    ({ run, moment }) => isOlder(moment, MOMENTS_MS) && !spared.includes(run),
  );
  return new Set([...gone, ...charts].map(({ snapshot }) => snapshot));
}
