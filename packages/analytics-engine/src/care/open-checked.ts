import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@prosora/service';
import type { Connection } from '../database/connection.ts';
import { openJournal } from '../database/journal.ts';
import type { DatabaseSettings } from '../database/messages.ts';
import { type Database, openDatabase } from '../database/supervisor.ts';
import { EngineError } from '../errors.ts';
import { deploy } from '../schema/deploy.ts';
import { existingObjects } from '../schema/existing.ts';
import { deployBest, type ServedProject } from '../schema/served-project.ts';
import { type Backup, findBackup } from './backup.ts';
import { addFromBackup, findDamage, setBrokenPartsAside } from './damage.ts';
import { restoreBackup, setDatabaseAside } from './restore.ts';
import { LEDGER_FILE, writeRowLedger } from './row-ledger.ts';

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

/** How one attempt to open goes about it. */
interface Attempt extends OpenOptions {
  /** Goes on without events that are lost and that no backup has. */
  mayLose?: boolean;
}

/** There while an engine runs; still there at a start, the last one did not end well. */
const RUNNING_FILE = 'running';
/** There until the next start that succeeds, it lets go of what is lost. */
const SALVAGE_FILE = 'salvage';

/** What ClickHouse says of files that are torn, as opposed to a lock, a full disk or a lack of memory. */
const TORN =
  /Cannot parse definition|SYNTAX_ERROR|CORRUPTED|CHECKSUM|CANNOT_READ_ALL_DATA|AFTER_EOF|END_OF_FILE|UNEXPECTED_DATA_PARTS|FILE_DOESNT_EXIST|INCORRECT_DATA|CANNOT_PARSE|UNKNOWN_FORMAT/;

/**
 * Opens the database, finds out whether the data is whole, mends it where it is not, and deploys the
 * datafiles.
 *
 * Derived tables are filled anew from what landed. A landing table gets back what the last backup has
 * of it. A database that does not open is set aside and replaced by the last backup. Without a backup
 * {@link allowLoss} is the way on.
 *
 * @throws EngineError `DATA_TORN` when there is no backup to mend it with; `DATABASE_START_FAILED`; what
 * {@link deployBest} throws
 */
export async function openChecked(options: OpenOptions): Promise<CheckedDatabase> {
  const { settings } = options;
  const checked = await open(options).catch((error) => openMended(options, error));
  await rm(join(settings.dataDir, SALVAGE_FILE), { force: true });
  return checked;
}

/** Lets the next start go on with what is left of torn data that no backup can mend. */
export async function allowLoss(dataDir: string): Promise<void> {
  await writeFile(join(dataDir, SALVAGE_FILE), '');
}

async function openMended(options: OpenOptions, error: unknown): Promise<CheckedDatabase> {
  const { logger, settings } = options;
  const { dataDir, backupDir } = settings;
  if (!isTorn(error)) throw error;
  const backup = await findBackup(backupDir).catch(() => undefined);
  if (backup) {
    const aside = await restoreBackup(settings, backup, new Date());
    logger.error(
      { event: 'data.restored', err: error, aside, backup: backup.name, takenAt: backup.createdAt },
      'the data directory is torn: restored the last backup; hits since then are not in it',
    );
    return await open(options);
  }
  if (!(await exists(join(dataDir, SALVAGE_FILE)))) throw withoutBackup(error, settings);
  const doesOpen = error.code === 'DATA_TORN';
  const aside = doesOpen ? undefined : await setDatabaseAside(dataDir, new Date());
  await rm(join(dataDir, LEDGER_FILE), { force: true });
  logger.error(
    { event: 'data.salvaged', err: error, aside },
    'the data directory is torn: going on with what is left',
  );
  return await open({ ...options, mayLose: true });
}

async function open(options: Attempt): Promise<CheckedDatabase> {
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
async function mend(connection: Connection, options: Attempt): Promise<string[]> {
  const { settings, logger, mayLose = false } = options;
  const { dataDir, backupDir } = settings;
  const derived = await derivedTables(connection);
  const damage = await findDamage(connection, dataDir, {
    derived,
    // Not removed before the data is whole: a start that fails half-way leaves it to the next.
    isThorough: await exists(join(dataDir, RUNNING_FILE)),
  });
  if (damage.length === 0) return [];
  logger.error({ event: 'data.torn', damage }, 'the data directory is torn');
  const landing = damage.filter(({ table }) => !derived.has(table));
  const backup = await findBackup(backupDir).catch(() => undefined);
  if (landing[0] && !backup && !mayLose) {
    const { table, reasons } = landing[0];
    throw new EngineError('DATA_TORN', `${table}: ${reasons.join(', ')}`);
  }
  for (const { table } of landing) if (backup) await addRows(connection, table, backup, logger);
  await setBrokenPartsAside(connection, dataDir, new Date());
  return damage.map(({ table }) => table).filter((table) => derived.has(table));
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

/** Tables that views write to. */
async function derivedTables(connection: Connection): Promise<Set<string>> {
  const existing = await existingObjects(connection);
  return new Set([...existing.values()].flatMap(({ target }) => target ?? []));
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

function isTorn(error: unknown): error is EngineError {
  if (!(error instanceof EngineError)) return false;
  if (error.code === 'DATA_TORN') return true;
  return error.code === 'DATABASE_START_FAILED' && TORN.test(error.message);
}

function withoutBackup(error: EngineError, { dataDir, backupDir }: DatabaseSettings): EngineError {
  return new EngineError(
    'DATA_TORN',
    `The data in ${dataDir} is torn and there is no backup in ${backupDir}: ${error.message}`,
    {
      help: 'Set PROSORA_ENGINE_BACKUP_DIR to the folder that has one, or run `prosora-engine salvage` and start again to go on with what is left.',
      cause: error,
    },
  );
}
