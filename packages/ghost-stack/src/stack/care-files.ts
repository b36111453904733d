import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the command keeps what it needs from one run to the next, in the stack's folder. */
export const CARE_FOLDER = '.prosora/care';

/** That folder, made when it is not there, for its owner alone. */
export function careFolder(dir: string): string {
  const folder = join(dir, CARE_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** What was kept under a name; undefined where nothing was. */
export function readCare<Kept>(dir: string, name: string): Kept | undefined {
  const file = join(dir, CARE_FOLDER, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : undefined;
}

/** Keeps it whole or not at all, whenever the run is killed. */
export function keepCare(dir: string, name: string, kept: object): void {
  const file = join(careFolder(dir), name);
  writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** Nothing is kept under that name any more. */
export function forgetCare(dir: string, name: string): void {
  rmSync(join(dir, CARE_FOLDER, name), { force: true });
}
