import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Moves what SQLite has in its log into the file and empties the log, where pages as they were before an erasure
 * still stand. While another process reads them it waits a moment, and else leaves it to the next time.
 */
export function emptyLog(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'mail.db'), { timeout: 5_000 });
  database.exec('pragma wal_checkpoint(truncate)');
  database.close();
}
