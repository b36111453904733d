import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@prosora/service';
import type { Connection } from '../database/connection.ts';
import { openJournal } from '../database/journal.ts';
import type { DatabaseSettings } from '../database/messages.ts';
import { type Database, openDatabase } from '../database/supervisor.ts';
import { EngineError } from '../errors.ts';
import { deploy } from '../schema/deploy.ts';
import { existingObjects } from '../schema/existing.ts';
import { deployBest, type ServedProject } from '../served-project.ts';
import { type Backup, findBackup } from './backup.ts';
import { addFromBackup, findDamage, setBrokenPartsAside } from './damage.ts';
import { restoreBackup } from './restore.ts';
import { writeRowLedger } from './row-ledger.ts';

/** A database whose data was looked at, with the project it holds. */
export interface CheckedDatabase {
  database: Database;
  served: ServedProject;
}

/** What opening needs. */
export interface OpenOptions {
  settings: DatabaseSettings;
  /** Folder with the datafiles to serve. */
  folder: string;
  logger: Logger;
}

/** There while an engine runs; still there at a start, the last one did not end well. */
const RUNNING_FILE = 'running';

/** What ClickHouse says of files that are torn, as opposed to a lock, a full disk or a lack of memory. */
const TORN =
  /Cannot parse definition|SYNTAX_ERROR|CORRUPTED|CHECKSUM|CANNOT_READ_ALL_DATA|AFTER_EOF|END_OF_FILE|UNEXPECTED_DATA_PARTS|FILE_DOESNT_EXIST|INCORRECT_DATA|CANNOT_PARSE|UNKNOWN_FORMAT/;

/**
 * Opens the database, finds out whether the data is whole, mends it where it is not, and deploys the
 * datafiles.
 *
 * Derived tables are filled anew from what landed. A landing table gets back what the last backup has
 * of it. A database that does not open is set aside and replaced by the last backup.
 *
 * @throws EngineError `DATA_TORN` when there is no backup to mend it with; `DATABASE_START_FAILED`; what
 * {@link deployBest} throws
 */
export async function openChecked(options: OpenOptions): Promise<CheckedDatabase> {
  const { logger, settings } = options;
  try {
    return await open(options);
  } catch (error) {
    if (!isTorn(error)) throw error;
    const backup = await findBackup(settings.backupDir).catch(() => undefined);
    if (!backup) throw withoutBackup(error, settings);
    const aside = await restoreBackup(settings, backup, new Date());
    logger.error(
      { err: error, aside, backup: backup.name, takenAt: backup.createdAt },
      'the data directory is torn: restored the last backup; hits since then are not in it',
    );
    return await open(options);
  }
}

async function open(options: OpenOptions): Promise<CheckedDatabase> {
  const { settings, logger } = options;
  const { dataDir } = settings;
  let served: ServedProject | undefined;
  const database = await openDatabase({
    settings,
    logger,
    journal: await openJournal(dataDir),
    async prepare(connection) {
      // Only a start of the service looks for damage: a process that dies tears nothing.
      if (served) return await deploy(served.project, connection, { logger });
      const damaged = await mend(connection, options);
      served = await deployBest(connection, { ...options, dataDir, damaged });
      await writeRowLedger(dataDir, served.project, connection);
    },
  });
  if (!served) throw new EngineError('DATABASE_START_FAILED', 'The database was not prepared.');
  await writeFile(join(dataDir, RUNNING_FILE), '');
  return { database, served };
}

/** To be called before the database is closed, so that the next start can trust the data. */
export async function noteCleanStop(dataDir: string, checked: CheckedDatabase): Promise<void> {
  if (!checked.database.isReady) return;
  await writeRowLedger(dataDir, checked.served.project, checked.database);
  await rm(join(dataDir, RUNNING_FILE), { force: true });
}

/** Mends what landed, and returns the derived tables that have to be filled anew. */
async function mend(connection: Connection, options: OpenOptions): Promise<string[]> {
  const { settings, logger } = options;
  const { dataDir, backupDir } = settings;
  const damage = await findDamage(connection, dataDir, {
    isThorough: await wasInterrupted(dataDir),
  });
  if (damage.length === 0) return [];
  logger.error({ damage }, 'the data directory is torn');
  const landing = await landingTables(connection);
  const damagedLanding = damage.filter(({ table }) => landing.has(table));
  if (damagedLanding.length > 0) {
    const backup = await findBackup(backupDir).catch(() => undefined);
    if (!backup) {
      const { table, reasons } = damagedLanding[0] ?? { table: '', reasons: [] };
      throw withoutBackup(
        new EngineError('DATA_TORN', `${table}: ${reasons.join(', ')}`),
        settings,
      );
    }
    for (const { table } of damagedLanding) await addRows(connection, table, backup, logger);
  }
  await setBrokenPartsAside(connection, dataDir, new Date());
  return damage.map(({ table }) => table).filter((table) => !landing.has(table));
}

async function addRows(
  connection: Connection,
  table: string,
  backup: Backup,
  logger: Logger,
): Promise<void> {
  // A table that is younger than the backup has nothing there.
  if (backup.rows[table] === undefined) return;
  await addFromBackup(connection, table, backup, logger);
}

/** Tables that no view writes to. */
async function landingTables(connection: Connection): Promise<Set<string>> {
  const existing = await existingObjects(connection);
  const targets = new Set([...existing.values()].map(({ target }) => target));
  return new Set([...existing.keys()].filter((name) => !targets.has(name)));
}

async function wasInterrupted(dataDir: string): Promise<boolean> {
  return await rm(join(dataDir, RUNNING_FILE)).then(
    () => true,
    () => false,
  );
}

function isTorn(error: unknown): error is EngineError {
  if (!(error instanceof EngineError)) return false;
  if (error.code === 'DATA_TORN') return error.context?.['hasNoBackup'] !== true;
  return error.code === 'DATABASE_START_FAILED' && TORN.test(error.message);
}

function withoutBackup(error: EngineError, { dataDir, backupDir }: DatabaseSettings): EngineError {
  return new EngineError(
    'DATA_TORN',
    `The data in ${dataDir} is torn and there is no backup in ${backupDir}: ${error.message}`,
    {
      help: 'Set PROSORA_ENGINE_BACKUP_DIR to the folder that has one, or move the folder chdb and the file rows.json away to begin with what is left.',
      context: { hasNoBackup: true },
      cause: error,
    },
  );
}
