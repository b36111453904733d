import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { careFolder } from './place.ts';

/** What is known of the backups without asking their repository. */
export interface BackupNotes {
  newest?: { run: string; at: string };
  /** Where it is, in restic's words. */
  place?: string;
  /** The newest that a drill has proven, and when. */
  proven?: { run: string; at: string };
  /** Why the last run failed; undefined when it did not. */
  failure?: string | undefined;
  /** Why the last drill failed; undefined when it did not. */
  drillFailure?: string | undefined;
}

/** What is known so far; empty before the first run. */
export function readNotes(dir: string): BackupNotes {
  const file = fileIn(dir);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BackupNotes) : {};
}

/** Adds what a run has found out. */
export function noteBackups(dir: string, notes: BackupNotes): void {
  const file = fileIn(dir);
  const text = JSON.stringify({ ...readNotes(dir), ...notes });
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

const fileIn = (dir: string): string => join(careFolder(dir), 'backups.json');
