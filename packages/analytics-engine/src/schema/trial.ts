import type { Connection } from '../database/connection.ts';
import { inTrial, TRIAL_DATABASE } from '../database/trial-database.ts';
import { renameTables } from '../sql/sql-references.ts';
import { rowsOf } from './existing.ts';
import { createTableSql, createViewSql, type Schema, type Table, type View } from './objects.ts';

/** A table or view in it, by its name and the fingerprint of what it repeats. */
interface Piece {
  name: string;
  comment: string;
}

/**
 * Brings the trial database to what the project asks for: every table, without a place for rows, and every
 * view. ClickHouse writes a table before it asks the views over it, so a row that a view cannot take would be
 * in the one and in none of the others; shown here first, it is nowhere.
 *
 * A view that joins finds the other tables empty here, so what it makes of their rows is not tried.
 */
export async function deployTrial(schema: Schema, connection: Connection): Promise<void> {
  if (await isCurrent(schema, connection)) return;
  await connection.execute(`DROP DATABASE IF EXISTS ${TRIAL_DATABASE} SYNC`);
  await connection.execute(`CREATE DATABASE ${TRIAL_DATABASE}`);
  for (const table of schema.tables) {
    await connection.execute(createTableSql(withoutRows(table), inTrial(table.name)));
  }
  for (const view of schema.views) await connection.execute(createViewSql(overTrial(view)));
}

async function isCurrent({ tables, views }: Schema, connection: Connection): Promise<boolean> {
  const there = await rowsOf<Piece>(
    connection,
    `SELECT name, comment FROM system.tables WHERE database = '${TRIAL_DATABASE}'`,
  );
  const wanted = [...tables, ...views].map(({ name, fingerprint }) => `${name} ${fingerprint}`);
  const found = new Set(there.map(({ name, comment }) => `${name} ${comment}`));
  return found.size === wanted.length && wanted.every((piece) => found.has(piece));
}

function withoutRows(table: Table): Table {
  return { ...table, datasource: { ...table.datasource, engine: { name: 'Null', options: {} } } };
}

function overTrial(view: View): View {
  const select = renameTables(view.select, (name) =>
    view.sources.includes(name) ? inTrial(name) : undefined,
  );
  return { ...view, name: inTrial(view.name), target: inTrial(view.target), select };
}
