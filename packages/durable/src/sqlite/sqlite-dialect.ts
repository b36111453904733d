import { SqliteDialect } from 'kysely';
import type { SqliteClient } from '../database/clients.ts';
import type { WritingConnection } from '../database/database.ts';
import { StoreSqliteAdapter } from './sqlite-adapter.ts';
import { StoreSqliteDatabase, StoreSqliteDriver } from './sqlite-driver.ts';
import { StoreSqliteCompiler } from './sqlite-query-compiler.ts';

/** Kysely's SQLite dialect over an open database; errors are given their type. */
export class StoreSqliteDialect extends SqliteDialect {
  readonly #database: StoreSqliteDatabase;

  constructor(database: SqliteClient) {
    const adapted = new StoreSqliteDatabase(database);
    super({ database: adapted });
    this.#database = adapted;
  }

  /** The connection under the queries, to begin and end transactions on. */
  get connection(): WritingConnection {
    return this.#database;
  }

  override createDriver(): StoreSqliteDriver {
    return new StoreSqliteDriver(this.#database);
  }

  override createQueryCompiler(): StoreSqliteCompiler {
    return new StoreSqliteCompiler();
  }

  override createAdapter(): StoreSqliteAdapter {
    return new StoreSqliteAdapter();
  }
}
