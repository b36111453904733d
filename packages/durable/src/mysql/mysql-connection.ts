import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { StoreUnavailableError } from '../errors.ts';
import { asMysqlStoreError } from './mysql-errors.ts';

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
