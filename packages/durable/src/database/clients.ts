import type { SqliteStatement } from 'kysely';

/**
 * An open SQLite file as a client has it. Errors of SQLite carry its extended result code as `errcode`, as those of
 * `node:sqlite` do.
 */
export interface SqliteClient {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  /** Whether a transaction is open. */
  readonly isTransaction: boolean;
  close(): unknown;
}

/** Opens a file; `timeoutMs` is how long SQLite itself waits for a lock, which holds up the event loop. */
export type OpenSqliteClient = (file: string, timeoutMs: number) => SqliteClient;

/** The part of `mysql2/promise` that a store needs. */
export type MysqlClient = Pick<typeof import('mysql2/promise'), 'createPool'>;
