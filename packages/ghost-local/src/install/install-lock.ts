import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

/** SQLite's result code for "another connection holds the lock". */
const SQLITE_BUSY = 5;

/**
 * Runs `work` while no other caller, in this process or in another, runs under the same lock file.
 *
 * The lock is SQLite's own on an empty database: the kernel drops it when its holder dies, however
 * it dies, so there is never a stale lock to recognise.
 *
 * @param onWait Called once if somebody else holds the lock.
 */
export async function withInstallLock<T>(
  file: string,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    if (!takesLock(database)) {
      onWait();
      do await setTimeout(200);
      while (!takesLock(database));
    }
    return await work();
  } finally {
    database.close();
  }
}

function takesLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
