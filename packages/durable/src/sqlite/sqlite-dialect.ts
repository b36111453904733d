import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type DatabaseConnection,
  type SelectModifierNode,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely';
import type { WritingConnection } from '../database/database.ts';
import { StoreUnavailableError } from '../errors.ts';

/** SQLite's primary result codes that mean "not now", https://www.sqlite.org/rescode.html. */
const unavailable: Record<number, string> = {
  5: 'the file is locked by another process',
  6: 'a table is locked',
  7: 'out of memory',
  8: 'the file is read-only',
  10: 'disk I/O error',
  13: 'the disk is full',
  14: 'the file can not be opened',
  15: 'locking failed',
};

const maxCachedStatements = 500;

/** Gives an error of `node:sqlite` its type, and leaves every other error as it is. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) {
    return error;
  }
  // The low byte is the primary code, the rest tells variants apart (SQLITE_IOERR_FSYNC …).
  const reason = unavailable[error.errcode & 0xff];
  return reason === undefined ? error : new StoreUnavailableError(reason, error);
}

/**
 * What Kysely's own SQLite driver asks of a database, over `node:sqlite`.
 *
 * A full disk makes SQLite roll back by itself, and code that swallows the error would go on outside
 * of any transaction. So a transaction with one such failure refuses every further statement.
 */
class NodeSqliteDatabase implements SqliteDatabase, WritingConnection {
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
class NodeSqliteDriver extends SqliteDriver {
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

class NodeSqliteCompiler extends SqliteQueryCompiler {
  /** `for update`, `skip locked`: SQLite has one writer and no such words. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier !== 'ForUpdate' && node.modifier !== 'SkipLocked') {
      super.visitSelectModifier(node);
    }
  }

  /** An `integer primary key` counts by itself; the word would only cost a table more. */
  protected override getAutoIncrement(): string {
    return '';
  }
}

class NodeSqliteAdapter extends SqliteAdapter {
  /** Kysely runs migrations outside of a transaction on SQLite, though its DDL is transactional. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** Spares a lock for each statement: the group commit is what keeps writers apart. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

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
