import {
  type CompiledQuery,
  type CreateIndexNode,
  type CreateTableNode,
  type DatabaseConnection,
  type DataTypeNode,
  type Dialect,
  type Driver,
  type Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { StoreConflictError, StoreUnavailableError } from '../errors.ts';

/** Numbers of server errors that mean "run it again": a deadlock, a lock waited for too long, a changed row. */
const conflicts: readonly unknown[] = [1213, 1205, 1020];

/** Numbers of server errors that mean "not now", https://dev.mysql.com/doc/mysql-errors/en/. */
const unavailable: Record<number, string> = {
  1021: 'the disk of the database server is full',
  1026: 'the database server can not write',
  1040: 'the database server has too many connections',
  1053: 'the database server is shutting down',
  1114: 'a table of the database server is full',
  1129: 'the database server blocks this host',
  1290: 'the database server is read-only',
  1317: 'the statement was interrupted',
  1836: 'the database server is read-only',
  1927: 'the connection was killed',
  3024: 'the statement took too long',
};

/**
 * Gives an error of `mysql2` its type, and leaves every other error as it is. The statement is taken off it:
 * the client fills the values in, and errors are logged.
 */
export function asMysqlStoreError(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error) || error instanceof StoreUnavailableError) {
    return error;
  }
  if ('sql' in error) delete error.sql;
  const errno = 'errno' in error ? error.errno : undefined;
  if (conflicts.includes(errno)) {
    return new StoreConflictError('another process changes the same rows', error);
  }
  const reason = typeof errno === 'number' ? unavailable[errno] : undefined;
  if (reason !== undefined) return new StoreUnavailableError(reason, error);
  // An error of the socket or of the protocol, and not one that the server sent about a statement.
  const fatal = 'fatal' in error && error.fatal === true;
  const isOfServer = 'sqlState' in error && typeof error.sqlState === 'string';
  if (fatal || ('syscall' in error && !isOfServer) || String(error.code).startsWith('PROTOCOL_')) {
    return new StoreUnavailableError('the database server can not be reached', error);
  }
  return error;
}

/** One connection of `mysql2` as Kysely wants it. */
export class StoreConnection implements DatabaseConnection {
  readonly raw: Connection;
  #failure: unknown;

  constructor(raw: Connection) {
    this.raw = raw;
  }

  /** Whether a statement ended the transaction, or the connection. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    // Code that swallows such an error would go on outside of any transaction.
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const [result] = await this.raw.query(sql, parameters.map(bind));
      if (Array.isArray(result)) return { rows: result as Row[] };
      const { insertId, affectedRows } = result as ResultSetHeader;
      return { rows: [], insertId: BigInt(insertId), numAffectedRows: BigInt(affectedRows) };
    } catch (caught) {
      const error = asMysqlStoreError(caught);
      if (error instanceof StoreUnavailableError) this.#failure = error;
      throw error;
    }
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for a generator, and no statement here is streamed.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Streaming is not supported: read page by page');
  }
}

/** The client takes bytes as a Buffer only. */
function bind(value: unknown): unknown {
  if (!(value instanceof Uint8Array) || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

class StoreMysqlAdapter extends MysqlAdapter {
  /** Read by `hasManyWriters`. */
  get hasManyWriters(): true {
    return true;
  }
}

const dataTypes: Record<string, string> = {
  integer: 'bigint',
  text: 'longtext',
  blob: 'longblob',
};

/** Compiles what is written for both databases into what MySQL 8 and MariaDB share. */
export class StoreMysqlCompiler extends MysqlQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    this.append(dataTypes[node.dataType] ?? node.dataType);
  }

  protected override visitCreateTable(node: CreateTableNode): void {
    super.visitCreateTable(node);
    // SQLite compares byte by byte, and so do ids and addresses.
    this.append(' engine=InnoDB default character set utf8mb4 collate utf8mb4_bin');
  }

  /** MySQL has no partial index. */
  protected override visitCreateIndex(node: CreateIndexNode): void {
    const { where: _, ...full } = node;
    super.visitCreateIndex(full);
  }
}

/** Kysely's MySQL dialect over a driver of ours. */
export class StoreMysqlDialect implements Dialect {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  createDriver(): Driver {
    return this.#driver;
  }

  createQueryCompiler(): StoreMysqlCompiler {
    return new StoreMysqlCompiler();
  }

  createAdapter(): StoreMysqlAdapter {
    return new StoreMysqlAdapter();
  }

  createIntrospector(db: Kysely<unknown>): MysqlIntrospector {
    return new MysqlIntrospector(db);
  }
}
