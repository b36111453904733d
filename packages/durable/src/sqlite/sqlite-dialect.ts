import type { DatabaseSync } from 'node:sqlite';
import { SqliteDialect } from 'kysely';
import type { WritingConnection } from '../database/database.ts';
import { NodeSqliteAdapter } from './sqlite-adapter.ts';
import { NodeSqliteDatabase, NodeSqliteDriver } from './sqlite-driver.ts';
import { NodeSqliteCompiler } from './sqlite-query-compiler.ts';

/** Kysely's SQLite dialect over an open `node:sqlite` database; errors are given their type. */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: NodeSqliteDatabase;

  constructor(database: DatabaseSync) {
    const adapted = new NodeSqliteDatabase(database);
    super({ database: adapted });
    this.#database = adapted;
  }

  /** The connection under the queries, to begin and end transactions on. */
  get connection(): WritingConnection {
    return this.#database;
  }

  override createDriver(): NodeSqliteDriver {
    return new NodeSqliteDriver(this.#database);
  }

  override createQueryCompiler(): NodeSqliteCompiler {
    return new NodeSqliteCompiler();
  }

  override createAdapter(): NodeSqliteAdapter {
    return new NodeSqliteAdapter();
  }
}
