import type { Kysely } from 'kysely';
import type { PoolOptions } from 'mysql2/promise';
import type { MysqlClient, OpenSqliteClient } from './clients.ts';
import type { DurableTables } from './schema.ts';

/** Begins and ends transactions on the one connection of this process that writes. */
export interface WritingConnection {
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Undoes what was begun, if anything; never rejects. */
  rollback(): Promise<void>;
}

/** Where a store is. */
export type StorePlace = SqlitePlace | MysqlPlace;

/** A path of an SQLite file, whose folder is made with mode 0700. */
export interface SqlitePlace {
  file: string;
  /** Of the file, given each time it is opened. (Default: 0600) */
  mode?: number;
  /** (Default: `node:sqlite`) */
  sqlite?: OpenSqliteClient;
}

/** A database on MySQL 8 or MariaDB 10.6, for several processes. */
export interface MysqlPlace {
  /** `mysql://user:password@host:3306/database` */
  mysql: string;
  /** A Unix socket instead of host and port. */
  socketPath?: string;
  /** How the connection is encrypted, as `mysql2` is told. (Default: not at all) */
  ssl?: PoolOptions['ssl'];
  /** Begins the names of all tables, where others share the database. (Default: nothing) */
  prefix?: string;
  /** (Default: the `mysql2` of this package) */
  mysql2?: MysqlClient;
}

/** What a store stands on. */
export interface Database {
  /** Queries on the writing connection; they belong between its `begin` and `commit`. */
  readonly writer: Kysely<DurableTables>;
  readonly connection: WritingConnection;
  /** Sees what is committed and can not write. */
  readonly reader: Kysely<DurableTables>;
}

/**
 * Whether other processes write between the statements of a transaction. Then what is read and changed is
 * locked by name; SQLite locks its whole file.
 */
export function hasManyWriters(db: { getExecutor(): { adapter: object } }): boolean {
  return 'hasManyWriters' in db.getExecutor().adapter;
}

/** SQLITE_CONSTRAINT_UNIQUE, ER_DUP_ENTRY. */
const duplicateKeys: readonly unknown[] = [2067, 1062];

/** Whether an insert failed because its unique key exists. */
export function isDuplicateKey(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'errcode' in error ? error.errcode : 'errno' in error ? error.errno : undefined;
  return duplicateKeys.includes(code);
}
