import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ProsoraError, tryFileLock } from '@prosora/service';
import { CARE_FOLDER, careFolder, forgetCare, keepCare, readCare } from './care-files.ts';

const FILE = 'intent.json';
const LOCK = 'lock';

/** What a run is about to do, as the next one finds it when this one is killed. */
export interface Intent {
  /** The command's words, such as `secrets rotate mail_api_key`. */
  command: string;
  /** When it began, as an ISO time. */
  since: string;
}

/**
 * Runs what changes the stack, one at a time for each folder. What it is about to do is on disk before it begins and
 * goes when it has ended, well or not; only a run that is killed leaves it.
 *
 * @param work hears what a killed run left
 * @throws ProsoraError `BUSY` with who is at it
 */
export async function oneAtATime<Result>(
  dir: string,
  command: string,
  work: (unfinished: Intent | undefined) => Promise<Result>,
): Promise<Result> {
  const intentNow = () => readCare<Intent>(dir, FILE);
  using _lock = tryFileLock(join(careFolder(dir), LOCK)) ?? refuse(intentNow());
  const unfinished = intentNow();
  keepCare(dir, FILE, { command, since: new Date().toISOString() } satisfies Intent);
  try {
    return await work(unfinished);
  } finally {
    forgetCare(dir, FILE);
  }
}

/**
 * Whether a run is at it, for whoever sees the folder and may not write there. What a killed run has left counts for
 * nothing, so the lock is looked at too: without a run there is nobody whom that could disturb.
 */
export function isAtWork(dir: string): boolean {
  if (readCare(dir, FILE) === undefined) return false;
  const lock = new DatabaseSync(join(dir, CARE_FOLDER, LOCK), { readOnly: true });
  try {
    lock.prepare('SELECT name FROM sqlite_master').all();
    return false;
  } catch {
    return true;
  } finally {
    lock.close();
  }
}

function refuse(intent: Intent | undefined): never {
  const who = intent ? `\`prosora ${intent.command}\` runs here since ${intent.since}.` : '';
  throw new ProsoraError('BUSY', who || 'Another `prosora` changes this stack right now.', {
    help: 'Wait until it has ended.',
  });
}

/** What a person is told by a run after one that was killed: whether it ends that command too. */
export function cutOffLine({ command }: Intent, ended: RegExp): string {
  const rest = ended.test(command) ? 'it is ended here' : 'run it again';
  return `\`prosora ${command}\` was cut off; ${rest}.`;
}
