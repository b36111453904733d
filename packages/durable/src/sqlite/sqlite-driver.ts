import {
  type DatabaseConnection,
  type SqliteDatabase,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';
import type { SqliteClient } from '../database/clients.ts';
import type { WritingConnection } from '../database/database.ts';
import { StoreUnavailableError } from '../errors.ts';
import { asStoreError } from './sqlite-errors.ts';

const maxCachedStatements = 500;

/**
 * What Kysely's own SQLite driver asks of a database, over a client.
 *
 * A full disk makes SQLite roll back by itself, and code that swallows the error would go on outside
 * of any transaction. So a transaction with one such failure refuses every further statement.
 */
export class StoreSqliteDatabase implements SqliteDatabase, WritingConnection {
  readonly #database: SqliteClient;
  readonly #statements = new Map<string, SqliteStatement>();
  #transaction: { failure?: unknown } | undefined;

  constructor(database: SqliteClient) {
    this.#database = database;
  }

  /** Takes the write lock at once: a transaction that takes it later can fail with BUSY at any statement. */
  async begin(): Promise<void> {
    this.prepare('begin immediate').run([]);
    this.#transaction = {};
  }

  async commit(): Promise<void> {
    this.prepare('commit').run([]);
    this.#transaction = undefined;
  }

  async rollback(): Promise<void> {
    this.#transaction = undefined;
    if (this.#database.isTransaction) this.prepare('rollback').run([]);
  }

  prepare(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const [oldest] = this.#statements.keys();
    if (this.#statements.size >= maxCachedStatements && oldest !== undefined) {
      this.#statements.delete(oldest);
    }
    const statement = this.#wrap(
      sql,
      this.#guard(() => this.#database.prepare(sql)),
    );
    this.#statements.set(sql, statement);
    return statement;
  }

  close(): void {
    this.#database.close();
  }

  #wrap(sql: string, statement: SqliteStatement): SqliteStatement {
    return {
      reader: statement.reader,
      all: (parameters) => this.#guard(() => statement.all(parameters)),
      run: (parameters) => this.#guard(() => statement.run(parameters)),
      // A cursor stays open between two steps, so it must not share the cached statement.
      iterate: (parameters) => this.#database.prepare(sql).iterate(parameters),
    };
  }

  #guard<T>(call: () => T): T {
    if (this.#transaction && 'failure' in this.#transaction) throw this.#transaction.failure;
    try {
      return call();
    } catch (caught) {
      const error = asStoreError(caught);
      if (this.#transaction && error instanceof StoreUnavailableError) {
        this.#transaction.failure = error;
      }
      throw error;
    }
  }
}

/** Kysely's driver, with the transactions of `StoreSqliteDatabase`. */
export class StoreSqliteDriver extends SqliteDriver {
  readonly #database: StoreSqliteDatabase;

  constructor(database: StoreSqliteDatabase) {
    super({ database });
    this.#database = database;
  }

  override async beginTransaction(_connection: DatabaseConnection): Promise<void> {
    await this.#database.begin();
  }

  override async commitTransaction(_connection: DatabaseConnection): Promise<void> {
    await this.#database.commit();
  }

  override async rollbackTransaction(_connection: DatabaseConnection): Promise<void> {
    await this.#database.rollback();
  }
}
