import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { GhostConfig } from '../site/config.ts';

/** A value that may stand for a `?`. */
export type SqlValue = string | number | null;

/** Reads Ghost's database for an assertion; a statement that writes is refused by the database. */
export type SqlReader = <Row extends object = Record<string, SqlValue>>(
  query: string,
  params?: SqlValue[],
) => Promise<Row[]>;

interface DatabaseConfig {
  client: string;
  connection: { filename?: string };
}

/**
 * Reads the database that `config` names: SQLite by Node, MySQL and MariaDB by the driver in Ghost's
 * own `node_modules`. Each call opens and closes a connection, so nothing outlives a test.
 */
export function createSqlReader(config: GhostConfig, ghostDir: string): SqlReader {
  const { client, connection } = config['database'] as DatabaseConfig;
  if (client.startsWith('mysql')) return mysqlReader(connection, ghostDir);
  return sqliteReader(connection.filename ?? '');
}

function sqliteReader(file: string): SqlReader {
  return async <Row extends object>(query: string, params: SqlValue[] = []) => {
    const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    try {
      // Node's rows have no prototype, which strict comparisons of plain objects trip over.
      return database
        .prepare(query)
        .all(...params)
        .map((row) => ({ ...row })) as Row[];
    } finally {
      database.close();
    }
  };
}

interface MysqlConnection {
  query(query: string, params?: SqlValue[]): Promise<[unknown]>;
  end(): Promise<void>;
}

function mysqlReader(connection: object, ghostDir: string): SqlReader {
  const mysql: { createConnection(options: object): Promise<MysqlConnection> } = createRequire(
    join(ghostDir, 'index.js'),
  )('mysql2/promise');
  return async <Row extends object>(query: string, params: SqlValue[] = []) => {
    const database = await mysql.createConnection(connection);
    try {
      await database.query('SET SESSION TRANSACTION READ ONLY');
      const [rows] = await database.query(query, params);
      return rows as Row[];
    } finally {
      await database.end();
    }
  };
}
