import { type Finding, fail, ok, warn } from '@prosora/service';
import type { BackupNotes } from '../repository/notes.ts';
import { counted } from '../services/telling.ts';

const HOUR_MS = 3_600_000;
/** Daily ones, with room for one that takes its time. */
const LATE_HOURS = 26;
/** Four of the ticks that a repository elsewhere gets. */
const LATE_MINUTES = 60;
/** Weekly proofs, with a day of room. */
const UNPROVEN_HOURS = 8 * 24;

/** What the last runs noted of the backups; their repository is not asked. */
export function* examineBackups(notes: BackupNotes, now: Date): Generator<Finding> {
  const { newest, since, proven, databaseProven, failure, drillFailure, isPasswordUnseen } = notes;
  const { minutes, minutesFailure, damage, kept } = notes;
  const hoursSince = (at: string): number => (now.getTime() - Date.parse(at)) / HOUR_MS;
  if (damage) {
    yield fail('damage', damage, 'Look at the disk of the backups, then `prosora backup repair`.');
  }
  if (failure) yield fail('last backup', failure, '`prosora backup now` tries again.');
  if (drillFailure) yield fail('last drill', drillFailure, '`prosora drill` tries again.');
  if (minutesFailure) yield fail('minutes', minutesFailure, '`prosora backup now` begins anew.');
  if (newest === undefined) {
    yield warn('backups', 'There is none yet.', '`prosora backup now` takes the first.');
    return;
  }
  const age = hoursSince(newest.at);
  // One of the future says that the clock went back: its age is not known.
  if (age < 0)
    yield warn('backups', 'The newest is of a later time than it is now.', 'Set the clock.');
  else if (age <= LATE_HOURS) yield ok('backups', `The newest is ${inWords(age)} old.`);
  else
    yield fail('backups', `The newest is ${inWords(age)} old.`, '`prosora backup now` takes one.');
  if (kept) yield warn('old backups', `None goes. ${kept}`, '`prosora backup list` shows them.');
  if (newest.isElsewhere) {
    yield ok(
      'minutes',
      'Of the database elsewhere there are dumps alone: what was written since the newest is in no backup.',
    );
  } else if (minutes) {
    const late = Math.floor(hoursSince(minutes.at) * 60);
    const sentence = `What was written is kept but for the last ${counted(Math.max(1, late), 'minute')}.`;
    yield late > LATE_MINUTES
      ? warn('minutes', sentence, '`prosora backup minutes` keeps it.')
      : ok('minutes', sentence);
  }
  if (isPasswordUnseen !== undefined) {
    yield isPasswordUnseen
      ? fail(
          'password',
          'Nobody has seen the password of the backups, which goes with this server.',
          '`prosora secrets rotate backup_password` makes another and shows it.',
        )
      : ok('password', 'The password of the backups was shown.');
  }
  const sentence = proven
    ? `The newest that was restored for a proof is ${inWords(hoursSince(proven.at))} old.`
    : 'No backup was restored for a proof yet.';
  const remedy = databaseProven
    ? `Of one that is ${inWords(hoursSince(databaseProven.at))} old the database alone was, for want of memory: \`prosora drill --on ssh://USER@HOST\` restores all of it.`
    : '`prosora drill` restores the newest where nobody sees it.';
  const isOverdue = hoursSince(proven?.at ?? since ?? newest.at) > UNPROVEN_HOURS;
  if (isOverdue) yield fail('proof', sentence, remedy);
  else yield proven ? ok('proof', sentence) : warn('proof', sentence, remedy);
}

const inWords = (hours: number): string =>
  hours >= 48 ? `${Math.floor(hours / 24)} days` : `${Math.floor(Math.max(0, hours))} hours`;
