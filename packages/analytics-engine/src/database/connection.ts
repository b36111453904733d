/** Rows for one table, as one insert. */
export interface Insert {
  table: string;
  columns: readonly string[];
  /** One JSON object a line (ClickHouse's JSONEachRow). */
  rows: Uint8Array;
  /**
   * The same token always stands for the same rows: a batch that comes again is dropped by the tables
   * that have it and taken by those that lack it. Without one, every insert counts.
   */
  deduplicationToken?: string;
  /** The views over the table see the rows first: what one of them refuses is refused before any table has it. */
  isTried?: boolean;
}

/** How a query is taken. */
export interface QueryOptions {
  /** A look of our own that is no use of the database: memory goes back to the system all the same. */
  isGlance?: boolean;
  /**
   * The query sorts its rows itself, so ClickHouse may join in the order and with the threads it likes best.
   * Without it the rows of a join come as those on its left side do.
   */
  isSorted?: boolean;
}

/** What the rest of the engine asks of the database. */
export interface Connection {
  /** Runs a SELECT that can change nothing; the answer is ClickHouse's FORMAT JSON. */
  query(sql: string, options?: QueryOptions): Promise<Buffer>;
  /** Resolves when the rows and all that views derive from them are on disk. */
  insert(insert: Insert): Promise<void>;
  /**
   * Runs a statement of our own, which may change everything and take hours; the answer is ClickHouse's
   * FORMAT JSON, or empty.
   */
  execute(sql: string): Promise<Buffer>;
}
