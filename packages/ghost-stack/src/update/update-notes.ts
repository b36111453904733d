import { type Finding, ProsoraError } from '@prosora/service';
import { keepCare, readCare } from '../stack/care-files.ts';

/** A name of an image, and what it means before and after an update. */
export interface Change {
  /** As docker-compose.yml has it: `mysql:8.4`. */
  reference: string;
  /** Docker's ids. */
  former: string;
  next: string;
  /** What the registry had, where it came from one. */
  digest?: string | undefined;
  /** The services that run on it. */
  services: string[];
  /** In words: `ghost 6.65.0`. */
  from: string;
  to: string;
}

/** What the rehearsal found. */
export interface Rehearsal {
  /** How long the new Ghost took until it answered. */
  bootMs: number;
  /** It changes the database at its first start. */
  migrates: boolean;
  /** Missing where the update is of an earlier version of this command. */
  findings?: readonly Finding[];
}

/**
 * How far an update is. From `swapping` on the site is touched: a run that is killed then is undone by the next; one
 * killed while it watched has all in its place, and is watched again.
 */
type Step = 'fetching' | 'backing up' | 'rehearsing' | 'swapping' | 'watching' | 'going back';

/** An update, from the moment at which something was to be fetched for it. */
export interface Update {
  /** Counted from 1. */
  number: number;
  beganAt: string;
  step: Step;
  changes: Change[];
  /** Settings of `.env` that change with it: what they were, and what they are to be; empty for none. */
  settings: Record<string, { former: string; next: string }>;
  /** The backup that it may go back to. */
  backup?: string;
  /** Services that were not well before, of which the watch says nothing. */
  ill?: readonly string[];
  rehearsal?: Rehearsal;
  /** What Ghost had done to its database before: `migrationsIn`. */
  migrations?: string;
  /** Everything written before, as an ISO time, is kept, since Ghost was stopped then. */
  stoppedAt?: string;
  /** What the edge counted while the site was watched. */
  watched?: { requests: number; errors: number };
  endedAt?: string;
  /** How it ended: it is in place, the former images are back, or the site was not touched. */
  outcome?: 'taken' | 'undone' | 'refused' | undefined;
  /** Why it did not end well, and the code of that error. */
  reason?: string | undefined;
  code?: string | undefined;
  /** What was written between the update and the way back, in a file; null where nothing was. */
  since?: { file: string; counts: Record<string, number> } | null | undefined;
  /** A sentence each of what is left to do for a person. */
  left?: string[];
  /** The numbers of those that it goes back from, where a person asked for that. */
  undoes?: readonly number[];
}

const FILE = 'updates.json';
/** More are of use to nobody. */
const MOST = 100;

/** Every update of this folder, the oldest first. */
export const readUpdates = (dir: string): Update[] => readCare<Update[]>(dir, FILE) ?? [];

/** The one that has not ended. */
export const halfUpdate = (dir: string): Update | undefined =>
  readUpdates(dir).find(({ endedAt }) => endedAt === undefined);

/** An update that is under way, on disk before what it says is done. */
export interface OpenUpdate {
  readonly now: Update;
  change(changes: Partial<Update>): void;
  /** Nothing came of it: as if it had never been. */
  forget(): void;
}

/** Writes an update down. */
export function openUpdate(dir: string, update: Update): OpenUpdate {
  const others = () => readUpdates(dir).filter(({ number }) => number !== update.number);
  const open: OpenUpdate = {
    now: update,
    change(changes) {
      Object.assign(update, changes);
      keepCare(dir, FILE, [...others(), update].slice(-MOST));
    },
    forget: () => keepCare(dir, FILE, others()),
  };
  open.change({});
  return open;
}

/** Whether the site is touched, so that nothing else may start it. */
export const isTouched = ({ step }: Update): boolean =>
  step === 'swapping' || step === 'watching' || step === 'going back';

/** A database that was restored is not gone back from: what an update has left half done ends with it. */
export function endByRestore(dir: string): void {
  const half = halfUpdate(dir);
  if (half === undefined) return;
  const reason = 'The site was restored.';
  openUpdate(dir, half).change({ outcome: 'undone', endedAt: new Date().toISOString(), reason });
}

/** @throws ProsoraError `HALF_UPDATED` where an update has touched the site and did not end */
export function assertNotHalfUpdated(dir: string): void {
  const update = halfUpdate(dir);
  if (update === undefined || !isTouched(update)) return;
  throw new ProsoraError('HALF_UPDATED', `Update ${update.number} did not end.`, {
    help: 'Run `prosora update`, which ends it or goes back; `prosora restore` puts a backup in its place.',
  });
}

/** Of an update that was undone for one of these nobody knows whether its images are any good. */
const NO_FAULT_OF_ITS_IMAGES = ['BUSY', 'CUT_OFF'];

/** What was taken and given back, or failed where nobody sees it: by the registry's digests. */
export const refusedIn = (updates: readonly Update[]): Set<string> =>
  new Set(
    updates
      .filter(({ outcome, code = '' }) =>
        outcome === 'undone' ? !NO_FAULT_OF_ITS_IMAGES.includes(code) : code === 'REHEARSAL_FAILED',
      )
      .flatMap(({ changes }) => changes.flatMap(({ digest }) => digest ?? [])),
  );

/** As many are in place and can be undone; their images and backups are kept. */
const WAYS_BACK = 3;

/** Those that a rollback can go back from, the oldest first. */
export function waysBack(updates: readonly Update[]): Update[] {
  const undone = new Set(updates.flatMap(({ undoes, outcome }) => (outcome ? (undoes ?? []) : [])));
  return updates
    .filter(({ outcome, number }) => outcome === 'taken' && !undone.has(number))
    .slice(-WAYS_BACK);
}
