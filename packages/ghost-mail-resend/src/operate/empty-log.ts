import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

const TRIES = 50;
const WAIT_MS = 100;

/**
 * Moves what SQLite has in its log into the file and empties the log, where pages as they were before an erasure
 * still stand. While somebody else reads or writes them it waits a moment, and else leaves it to the next time.
 */
export async function emptyLog(dataDir: string): Promise<void> {
  // Waiting in SQLite would hold up whatever else this process does, its own transactions among it.
  using database = new DatabaseSync(join(dataDir, 'mail.db'), { timeout: 0 });
  const empty = database.prepare('pragma wal_checkpoint(truncate)');
  for (let tries = 1; empty.get()?.['busy'] !== 0 && tries < TRIES; tries++) await delay(WAIT_MS);
}
