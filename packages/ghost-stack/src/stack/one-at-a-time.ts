import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProsoraError, tryFileLock } from '@prosora/service';

/** Where the command keeps what it needs from one run to the next, in the stack's folder. */
export const CARE_FOLDER = '.prosora/care';

/** What a run is about to do, as the next one finds it when this one is killed. */
interface Intent {
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
  const folder = join(dir, CARE_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'intent.json');
  using _lock = tryFileLock(join(folder, 'lock')) ?? refuse(readIntent(file));
  const unfinished = readIntent(file);
  const intent: Intent = { command, since: new Date().toISOString() };
  writeFileSync(`${file}.new`, JSON.stringify(intent), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  try {
    return await work(unfinished);
  } finally {
    rmSync(file, { force: true });
  }
}

function refuse(intent: Intent | undefined): never {
  const who = intent ? `\`prosora ${intent.command}\` runs here since ${intent.since}.` : '';
  throw new ProsoraError('BUSY', who || 'Another `prosora` changes this stack right now.', {
    help: 'Wait until it has ended.',
  });
}

function readIntent(file: string): Intent | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Intent) : undefined;
}
