import type { Connection } from '../database/connection.ts';
import { rowsOf } from '../schema/existing.ts';

/**
 * The time of the newest event that is not of the future, in milliseconds since 1970: it cannot be earlier now.
 * Undefined without events in tables that are kept by month.
 */
export async function newestEventMs(connection: Connection): Promise<number | undefined> {
  const [newest] = await rowsOf<{ seconds: number }>(
    connection,
    `SELECT toUnixTimestamp(max(max_time)) AS seconds FROM system.parts
    WHERE database = currentDatabase() AND active AND max_time <= now()`,
  );
  return newest?.seconds ? newest.seconds * 1000 : undefined;
}
