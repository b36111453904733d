import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type DatabaseConnection,
  type SqliteDatabase,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';
import type { WritingConnection } from '../database/database.ts';
import { StoreUnavailableError } from '../errors.ts';
import { asStoreError } from './sqlite-errors.ts';

const maxCachedStatements = 500;

/**
 * What Kysely's own SQLite driver asks of a database, over `node:sqlite`.
 *
 * A full disk makes SQLite roll back by itself, and code that swallows the error would go on outside
 * of any transaction. So a transaction with one such failure refuses every further statement.
 */
export class NodeSqliteDatabase implements SqliteDatabase, WritingConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, SqliteStatement>();
  #transaction: { failure?: unknown } | undefined;

  constructor(database: DatabaseSync) {
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

  #wrap(sql: string, statement: StatementSync): SqliteStatement {
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => this.#guard(() => statement.all(...bind(parameters))),
      run: (parameters) => this.#guard(() => statement.run(...bind(parameters))),
      // A cursor stays open between two steps, so it must not share the cached statement.
      iterate: (parameters) => this.#database.prepare(sql).iterate(...bind(parameters)),
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

function bind(parameters: readonly unknown[]): SQLInputValue[] {
  // `node:sqlite` throws on what it can not store, so the cast only spares a second check.
  return parameters as SQLInputValue[];
}

/** Kysely's driver, with the transactions of `NodeSqliteDatabase`. */
export class NodeSqliteDriver extends SqliteDriver {
  readonly #database: NodeSqliteDatabase;

  constructor(database: NodeSqliteDatabase) {
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
