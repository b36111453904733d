import { DatabaseSync } from 'node:sqlite';

/** How long a lock may be waited for; the work under it is one small file. */
const WAIT_MS = 5_000;

/**
 * Does the work while no other process does it with the same file. The lock is SQLite's on a file without
 * content, since the system gives it back whichever way the process ends.
 *
 * @throws Error when the file cannot be made or the lock is not free in time.
 */
export function exclusively<Result>(lockFile: string, work: () => Result): Result {
  const lock = new DatabaseSync(lockFile, { timeout: WAIT_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return work();
  } finally {
    lock.close();
  }
}
