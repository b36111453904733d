import type { Connection } from '../database/connection.ts';

/** A table or view that the database holds. */
export interface Existing {
  name: string;
  /** The fingerprint it was created with. */
  comment: string;
  rows: number;
  bytes: number;
  isView: boolean;
  /** The table that a view writes to. */
  target: string | undefined;
  /** Expression, or empty. */
  partitionKey: string;
  columns: ReadonlyMap<string, string>;
}

/** Tables beside the served ones, by what follows the name. */
export const BESIDE = {
  /** Being filled by an upgrade that has not ended. */
  next: '__next',
  /** As it was before an upgrade, until someone confirms it. */
  before: '__before',
  /** What a backup has of it, while lost rows are looked for. */
  backup: '__backup',
} as const;

/** Everything in the database by name, tables beside included. */
export async function existingObjects(connection: Connection): Promise<Map<string, Existing>> {
  const tables = await rowsOf<
    Omit<Existing, 'columns' | 'isView' | 'target'> & { engine: string; sql: string }
  >(
    connection,
    `SELECT name, comment, ifNull(total_rows, 0) AS rows, ifNull(total_bytes, 0) AS bytes, engine,
      create_table_query AS sql,
      partition_key AS partitionKey
    FROM system.tables WHERE database = currentDatabase()`,
  );
  const columns = await rowsOf<{ table: string; name: string; type: string }>(
    connection,
    'SELECT table, name, type FROM system.columns WHERE database = currentDatabase()',
  );
  return new Map(
    tables.map(({ engine, sql, ...table }) => [
      table.name,
      {
        ...table,
        isView: engine === 'MaterializedView',
        target: / TO (?:\w+\.)?`?(\w+)`? /.exec(engine === 'MaterializedView' ? sql : '')?.[1],
        columns: new Map(
          columns.filter((one) => one.table === table.name).map(({ name, type }) => [name, type]),
        ),
      },
    ]),
  );
}

/** Rows by table, views left out. */
export async function rowCounts(connection: Connection): Promise<Map<string, number>> {
  const answer = await connection.query(
    'SELECT name, total_rows AS rows FROM system.tables WHERE database = currentDatabase() AND total_rows IS NOT NULL',
    { isGlance: true },
  );
  const { data } = JSON.parse(answer.toString('utf8')) as {
    data: { name: string; rows: number }[];
  };
  return new Map(data.map(({ name, rows }) => [name, rows]));
}

/** The rows of a query of our own. */
export async function rowsOf<Row>(connection: Connection, sql: string): Promise<Row[]> {
  const answer = await connection.query(sql);
  return (JSON.parse(answer.toString('utf8')) as { data: Row[] }).data;
}
