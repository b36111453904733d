import { join } from 'node:path';
import { ProsoraError, tryFileLock } from '@prosora/service';
import { careFolder, forgetCare, keepCare, readCare } from '../stack/care-files.ts';
import type { Wanted } from './staging-project.ts';

/** What a stack's staging is, or what a run was about to make of it. */
export interface StagingNotes extends Wanted {
  /** `coming` and `going` are left by a run that was killed. */
  state: 'coming' | 'up' | 'going';
  /** The backup that it was restored from. */
  run: string;
  /** As an ISO time. */
  since: string;
}

const FILE = 'staging.json';

/** Undefined where there is none. */
export const readStaging = (dir: string): StagingNotes | undefined =>
  readCare<StagingNotes>(dir, FILE);

/** Written before it is so, for whoever comes after a run that was killed. */
export const noteStaging = (dir: string, notes: StagingNotes): void => keepCare(dir, FILE, notes);

/** Nothing of it is left. */
export const forgetStaging = (dir: string): void => forgetCare(dir, FILE);

const lockOf = (dir: string): Disposable | undefined =>
  tryFileLock(join(careFolder(dir), 'staging-lock'));

/** Whether a run is at it right now. */
export function isStagingTaken(dir: string): boolean {
  using lock = lockOf(dir);
  return lock === undefined;
}

/** @throws ProsoraError `BUSY` while another run is at it */
export function takeStaging(dir: string): Disposable {
  const lock = lockOf(dir);
  if (lock) return lock;
  throw new ProsoraError('BUSY', 'Another `prosora staging` is at it right now.', {
    help: 'Wait until it has ended.',
  });
}
