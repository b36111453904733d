import { keepCare, readCare } from '../stack/care-files.ts';

const FILE = 'backups.json';

/** What is known of the backups without asking their repository. */
export interface BackupNotes {
  newest?: { run: string; at: string; hasNoLog?: boolean; isElsewhere?: boolean };
  /** When the first was taken. */
  since?: string;
  /** The repository was made by a run whose output nobody reads. */
  isPasswordUnseen?: boolean;
  /** Where it is, in restic's words. */
  place?: string;
  /** Those that an update may go back to, with each moment since. */
  held?: readonly string[];
  /** The newest that a drill has proven, and when. */
  proven?: { run: string; at: string };
  /** One that came after it, whose database alone was restored, since memory was short. */
  databaseProven?: { run: string; at: string } | undefined;
  /** What of the repository cannot be read; undefined until it was looked for, and once it is mended. */
  damage?: string | undefined;
  /** Why no old backup goes; undefined where they do. */
  kept?: string | undefined;
  /** Why the last run failed; undefined when it did not. */
  failure?: string | undefined;
  /** Why the last drill failed; undefined when it did not. */
  drillFailure?: string | undefined;
  /** The moment up to which everything is kept, and the backup that it goes on from. */
  minutes?: { run: string; at: string };
  /** Why the last tick failed; undefined when it did not. */
  minutesFailure?: string | undefined;
}

/** What is known so far; empty before the first run. */
export const readNotes = (dir: string): BackupNotes => readCare<BackupNotes>(dir, FILE) ?? {};

/** Adds what a run has found out. */
export function noteBackups(dir: string, notes: BackupNotes): void {
  keepCare(dir, FILE, { ...readNotes(dir), ...notes });
}
