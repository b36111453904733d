import { DatabaseSync } from 'node:sqlite';

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/**
 * Takes a lock for this process alone; undefined while another one has it. The lock is SQLite's, on a file without
 * content: Node has no call for it, and the system gives it back whichever way the process ends, so no lock is stale.
 *
 * @param waitMs how long to wait for it (Default: not at all)
 * @throws Error when the file cannot be made or locked at all
 */
export function tryFileLock(file: string, waitMs = 0): Disposable | undefined {
  const lock = new DatabaseSync(file, { timeout: waitMs });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => lock.close() };
}
