import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startDatabaseProcess } from '../database/database-process.ts';
import { ENDED_FILE } from '../database/journal.ts';
import type { DatabaseSettings } from '../database/messages.ts';
import { SERVED_FOLDER } from '../schema/served-project.ts';
import { stringLiteral } from '../template/literal.ts';
import { type Backup, DATABASE_FOLDER } from './backup.ts';
import { LEDGER_FILE } from './row-ledger.ts';

/** The folder of the database in the data directory. */
const LIVE_FOLDER = 'chdb';
/** How the folder of a database begins that a backup took the place of. */
export const REPLACED = `${LIVE_FOLDER}.replaced-`;

/**
 * Puts a backup in place of the database of a data directory that the caller has taken. What was there is
 * set aside as `chdb.replaced-…`, never deleted: it may be all that is left of the hits since the backup.
 *
 * @returns Where the former database is; undefined when there was none.
 * @throws EngineError `DATABASE_START_FAILED`, or `QUERY_FAILED` for a torn backup; Error when the former
 * database cannot be moved. It is in its place then.
 */
export async function restoreBackup(
  settings: DatabaseSettings,
  backup: Backup,
  now: Date,
): Promise<string | undefined> {
  const { dataDir } = settings;
  const live = join(dataDir, LIVE_FOLDER);
  const aside = await setDatabaseAside(dataDir, now);
  try {
    const database = await startDatabaseProcess(settings);
    try {
      const from = stringLiteral(join(backup.path, DATABASE_FOLDER));
      await database.run({ kind: 'execute', sql: `RESTORE DATABASE default FROM File(${from})` });
    } finally {
      await database.stop(10_000);
    }
  } catch (error) {
    await rm(live, { recursive: true, force: true });
    if (aside) await rename(aside, live);
    throw error;
  }
  // Batches since the backup are not in it, so a sender that repeats them must be believed.
  await cp(join(backup.path, ENDED_FILE), join(dataDir, ENDED_FILE));
  // What it counts is not there now: the next start would take it for lost.
  await rm(join(dataDir, LEDGER_FILE), { force: true });
  await rm(join(dataDir, SERVED_FOLDER), { recursive: true, force: true });
  await cp(join(backup.path, SERVED_FOLDER), join(dataDir, SERVED_FOLDER), { recursive: true });
  return aside;
}

/** Moves the database of a data directory away, and returns where it is; undefined when there is none. */
export async function setDatabaseAside(dataDir: string, now: Date): Promise<string | undefined> {
  const live = join(dataDir, LIVE_FOLDER);
  const aside = join(dataDir, `${REPLACED}${now.toISOString().replaceAll(/[:.]/g, '-')}`);
  try {
    await rename(live, aside);
    return aside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
