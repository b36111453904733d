import { type Driver, Kysely } from 'kysely';
import type { Pool, PoolOptions } from 'mysql2/promise';

import type { Database, MysqlPlace } from '../database/database.ts';
import { assertTables, type ExpectedStore } from '../database/expected-store.ts';
import { type Migrations, migrate } from '../database/migrations.ts';
import type { DurableTables } from '../database/schema.ts';
import { StoreMisusedError } from '../errors.ts';
import { StoreMysqlDialect } from './mysql-dialect.ts';

import { createPoolDriver, createWritingDriver } from './mysql-driver.ts';
import { asMysqlStoreError } from './mysql-errors.ts';

/** A place, and how a store is opened there. */
export interface MysqlOptions extends MysqlPlace {
  /** How long a statement waits for the rows of another process, in ms; the server counts seconds. */
  lockWaitMs: number;
  expected?: ExpectedStore | undefined;
}

/** Reads run beside each other, so that a long one does not hold up the others. */
const readingConnections = 4;

/**
 * Opens a database on a server, which several processes may do at a time, and brings it to this version.
 *
 * Each process writes on one connection, as with SQLite: pieces of work of the same moment share a commit.
 * Between processes rows are locked. READ COMMITTED: what a lock was waited for is seen as it is then, and
 * no gap is locked.
 */
export async function openMysql(options: MysqlOptions, migrations: Migrations): Promise<Database> {
  const lockWaitSeconds = Math.max(1, Math.ceil(options.lockWaitMs / 1_000));
  const session = [
    'set session transaction isolation level read committed',
    `set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = ${lockWaitSeconds}`,
  ];
  const writing = await createPool(options, 1, session);
  const reading = await createPool(options, readingConnections, [
    ...session,
    'set session transaction read only',
  ]);
  const closing = () => Promise.allSettled([writing.end(), reading.end()]);
  try {
    await checkServer(reading);
    const dialectOf = (driver: Driver) => new StoreMysqlDialect(driver, options.prefix ?? '');
    const migrating = dialectOf(createPoolDriver(writing));
    const migrator = new Kysely<DurableTables>({ dialect: migrating });
    const database = new URL(options.mysql).pathname.slice(1);
    if (options.expected !== undefined) {
      await assertTables(migrator, { database }, options.expected);
    }
    await migrate(migrator, migrations);
    const { driver, connection } = createWritingDriver(writing);
    return {
      writer: new Kysely<DurableTables>({ dialect: dialectOf(driver) }),
      connection,
      reader: new Kysely<DurableTables>({ dialect: dialectOf(createPoolDriver(reading)) }),
    };
  } catch (error) {
    await closing();
    throw asMysqlStoreError(error);
  }
}

interface PlainConnection {
  query(sql: string, done: (error: Error | null) => void): void;
  destroy(): void;
}

async function createPool(
  { mysql, socketPath, ssl, mysql2 }: MysqlOptions,
  connectionLimit: number,
  session: string[],
): Promise<Pool> {
  // Only who uses MySQL loads its client.
  const client = mysql2 ?? (await import('mysql2/promise'));
  const config: PoolOptions = {
    uri: mysql,
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(ssl === undefined ? {} : { ssl }),
    charset: 'utf8mb4',
    connectionLimit,
    decimalNumbers: true,
    connectTimeout: 5_000,
  };
  const pool = client.createPool(config);
  // Queued before the first statement of whoever asked for the connection; if one fails, so does that.
  pool.on('connection', (connection) => {
    // The event hands out the connection under the promises, whatever its type says.
    const { query, destroy } = connection as unknown as PlainConnection;
    for (const sql of session) {
      query.call(connection, sql, (error) => {
        if (error) destroy.call(connection);
      });
    }
  });
  return pool;
}

/** @throws StoreMisusedError when the server does not keep what it has acknowledged */
async function checkServer(pool: Pool): Promise<void> {
  const [rows] = await pool.query('select @@innodb_flush_log_at_trx_commit as flushing');
  const [row] = rows as { flushing: number }[];
  if (row?.flushing === 1) return;
  throw new StoreMisusedError(
    `The database server has innodb_flush_log_at_trx_commit = ${row?.flushing}, so a power cut loses what was acknowledged`,
    'Set it to 1, its default, in the configuration of the server.',
  );
}
