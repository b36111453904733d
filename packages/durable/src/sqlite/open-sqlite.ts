import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';

import type { OpenSqliteClient, SqliteClient } from '../database/clients.ts';
import type { Database, SqlitePlace } from '../database/database.ts';
import {
  assertStoreFile,
  assertTables,
  type ExpectedStore,
  usePermit,
} from '../database/expected-store.ts';
import { type Migrations, migrate } from '../database/migrations.ts';
import type { DurableTables } from '../database/schema.ts';
import { StoreUnavailableError } from '../errors.ts';
import { nodeSqlite } from './node-sqlite.ts';
import { StoreSqliteDialect } from './sqlite-dialect.ts';
import { asStoreError } from './sqlite-errors.ts';

/**
 * Opens an SQLite file, made in a folder of mode 0700, and brings it to this version.
 *
 * One connection writes, and one reads, so that nobody sees what is not yet on disk.
 */
export async function openSqlite(
  { file, mode = 0o600, sqlite }: SqlitePlace,
  migrations: Migrations,
  expected?: ExpectedStore,
): Promise<Database> {
  const openClient = sqlite ?? (await nodeSqlite());
  if (expected !== undefined) assertStoreFile(file, expected);
  create(file, mode);
  const database = open(openClient, file, 'writer');
  try {
    const dialect = new StoreSqliteDialect(database);
    const writer = new Kysely<DurableTables>({ dialect });
    if (expected !== undefined) await assertTables(writer, { file }, expected);
    await migrate(writer, migrations);
    if (expected !== undefined) usePermit(file);
    // From here waiting for a lock is done without holding up the event loop.
    database.exec('pragma busy_timeout = 0');
    const reader = new Kysely<DurableTables>({
      dialect: new StoreSqliteDialect(open(openClient, file, 'reader')),
    });
    return { writer, connection: dialect.connection, reader };
  } catch (error) {
    database.close();
    throw asStoreError(error);
  }
}

/** SQLite gives its -wal and -shm files the mode of the main file. */
function create(file: string, mode: number): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', mode));
    chmodSync(file, mode);
  } catch (error) {
    throw new StoreUnavailableError('the file can not be made', error);
  }
}

const pragmas = {
  writer: [
    'journal_mode = wal',
    'synchronous = full',
    // 16 MiB of log between two checkpoints: each costs two more flushes.
    'wal_autocheckpoint = 4000',
    'journal_size_limit = 67108864',
    'cache_size = -4000',
    // What is deleted is overwritten: it may be a link to sign in with, or a reader who wants to be forgotten.
    'secure_delete = on',
  ],
  reader: ['query_only = true'],
};

function open(
  openClient: OpenSqliteClient,
  file: string,
  role: keyof typeof pragmas,
): SqliteClient {
  try {
    const database = openClient(file, role === 'writer' ? 5_000 : 0);
    for (const pragma of pragmas[role]) database.exec(`pragma ${pragma}`);
    return database;
  } catch (error) {
    throw asStoreError(error);
  }
}
