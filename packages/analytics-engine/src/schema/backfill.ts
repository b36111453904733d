import type { Connection } from '../database/connection.ts';
import { EngineError } from '../errors.ts';
import { renameTables } from '../sql/sql-references.ts';
import { BESIDE, type Existing, rowsOf } from './existing.ts';
import type { Schema, Table, View } from './objects.ts';

/**
 * Follows an INSERT that fills a table: blocks and groups of a size that a small machine holds, whatever
 * the writer's own settings are. A month of visits that does not fit is grouped on disk.
 */
export const FILL_SETTINGS = `SETTINGS max_insert_block_size = 100000, min_insert_block_size_rows = 100000,
  min_insert_block_size_bytes = 67108864, max_bytes_before_external_group_by = 100000000,
  insert_deduplicate = 0, max_threads = 2`;

/** What a backfill needs to know. */
export interface Backfill {
  connection: Connection;
  schema: Schema;
  existing: ReadonlyMap<string, Existing>;
  /** Names of tables that have been filled beside; a view over one reads it there. */
  filled: ReadonlySet<string>;
}

/**
 * Fills `TABLE__next`: a landing table from its present rows, a derived one from its views' sources, a
 * month at a time so that memory does not grow with the years.
 *
 * @throws EngineError `DATAFILES_CHANGED` when the rows do not fit or some are missing afterwards.
 */
export async function fillBeside(backfill: Backfill, table: Table): Promise<void> {
  try {
    if (table.isLanding) await copyRows(backfill, table);
    else await deriveRows(backfill, table);
  } catch (error) {
    if (error instanceof EngineError && error.code !== 'QUERY_FAILED') throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new EngineError('DATAFILES_CHANGED', `${table.name} cannot take its rows: ${why}`, {
      cause: error,
      context: { name: table.name },
    });
  }
}

async function copyRows({ connection, existing }: Backfill, table: Table): Promise<void> {
  const { name, datasource } = table;
  const present = existing.get(name);
  if (!present) return;
  const isSame = datasource.columns.every(
    (column) => present.columns.get(column.name) === column.type,
  );
  // A FORWARD_QUERY is written for one change, so rows that fit as they are do not pass through it.
  const forward = isSame ? undefined : datasource.forwardQuery;
  const columns = datasource.columns
    .map((column) => column.name)
    .filter((column) => forward !== undefined || present.columns.has(column));
  for (const partition of await partitionsOf(connection, name)) {
    const rows = partOf(name, partition);
    await connection.execute(
      `INSERT INTO ${name}${BESIDE.next} (${list(columns)}) ${FILL_SETTINGS}
      SELECT ${list(columns)} FROM ${forward ? `(${forward} FROM ${rows})` : rows}`,
    );
  }
  await assertComplete(connection, table);
}

async function assertComplete(connection: Connection, { name, datasource }: Table): Promise<void> {
  // Other engines may merge rows away at any time.
  if (datasource.engine.name !== 'MergeTree') return;
  const [counts] = await rowsOf<{ before: number; after: number }>(
    connection,
    `SELECT (SELECT count() FROM ${name}) AS before, (SELECT count() FROM ${name}${BESIDE.next}) AS after`,
  );
  if (counts?.before === counts?.after) return;
  throw new EngineError(
    'DATAFILES_CHANGED',
    `${name} has ${counts?.before} rows, and ${counts?.after} in its new form.`,
  );
}

async function deriveRows(backfill: Backfill, table: Table): Promise<void> {
  const { schema, connection } = backfill;
  for (const view of schema.views.filter(({ target }) => target === table.name)) {
    const [source, ...others] = view.sources.map((name) => placeOf(backfill, name));
    if (source === undefined) continue;
    // A view that joins needs all of its sources at once.
    const parts = others.length > 0 ? [undefined] : await partitionsOf(connection, source);
    for (const part of parts) await connection.execute(deriveSql(backfill, table, view, part));
  }
  await keepOlderRows(backfill, table);
}

function deriveSql(backfill: Backfill, table: Table, view: View, part: string | undefined): string {
  const select = renameTables(view.select, (name) => {
    if (!view.sources.includes(name)) return undefined;
    const place = placeOf(backfill, name);
    return part === undefined ? place : partOf(place, part);
  });
  const columns = list(table.datasource.columns.map(({ name }) => name));
  return `INSERT INTO ${table.name}${BESIDE.next} (${columns}) ${FILL_SETTINGS} SELECT ${columns} FROM (${select})`;
}

/**
 * Takes over what was derived from rows that retention has removed since: the months that the source
 * lacks, or without months the keys that the new table lacks.
 */
async function keepOlderRows(
  { connection, schema, existing }: Backfill,
  { name, datasource }: Table,
): Promise<void> {
  const present = existing.get(name);
  const source = schema.views.find(({ target }) => target === name)?.sources[0];
  if (!present || present.rows === 0 || !source || !isByMonth(existing.get(source)?.partitionKey)) {
    return;
  }
  const columns = list(
    datasource.columns
      .filter((column) => present.columns.get(column.name) === column.type)
      .map((column) => column.name),
  );
  const { PARTITION_KEY, SORTING_KEY = 'tuple()' } = datasource.engine.options;
  const isOlder =
    isByMonth(PARTITION_KEY) && isByMonth(present.partitionKey)
      ? `_partition_id NOT IN (SELECT DISTINCT _partition_id FROM ${source})`
      : `(${SORTING_KEY}) NOT IN (SELECT ${SORTING_KEY} FROM ${name}${BESIDE.next})`;
  await connection.execute(
    `INSERT INTO ${name}${BESIDE.next} (${columns}) ${FILL_SETTINGS} SELECT ${columns} FROM ${name} WHERE ${isOlder}`,
  );
}

/** Where a table's rows of the new form are. */
function placeOf({ filled }: Backfill, name: string): string {
  return filled.has(name) ? `${name}${BESIDE.next}` : name;
}

function partOf(table: string, partition: string): string {
  return `(SELECT * FROM ${table} WHERE _partition_id = '${partition}')`;
}

function isByMonth(partitionKey: string | undefined): boolean {
  return /^toYYYYMM\(/.test(partitionKey ?? '');
}

async function partitionsOf(connection: Connection, table: string): Promise<string[]> {
  const parts = await rowsOf<{ id: string }>(
    connection,
    `SELECT DISTINCT _partition_id AS id FROM ${table} ORDER BY id`,
  );
  return parts.map(({ id }) => id);
}

function list(columns: readonly string[]): string {
  return columns.map((name) => `\`${name}\``).join(', ');
}
