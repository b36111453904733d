import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../database/connection.ts';
import type { Project } from '../datafiles/project.ts';
import { rowsOf } from '../schema/existing.ts';
import { takesEvents } from '../schema/objects.ts';

const FILE = 'rows.json';

/**
 * How many rows the tables had that events land in, so that a start finds out when some are gone: a part
 * that vanished as a whole leaves no other trace. Only tables from which nothing but retention takes rows.
 */
export async function writeRowLedger(
  dataDir: string,
  project: Project,
  connection: Connection,
): Promise<void> {
  const names = [...project.datasources.values()]
    .filter(
      (one) => takesEvents(one) && one.engine.name === 'MergeTree' && !one.engine.options['TTL'],
    )
    .map(({ name }) => name);
  const counts = (await rowCounts(connection)).filter(({ name }) => names.includes(name));
  const text = JSON.stringify(Object.fromEntries(counts.map(({ name, rows }) => [name, rows])));
  await writeFile(join(dataDir, `${FILE}.new`), text, { mode: 0o600 });
  await rename(join(dataDir, `${FILE}.new`), join(dataDir, FILE));
}

/** Tables that have fewer rows than the ledger says, with how many are gone; all of them when absent. */
export async function missingRows(
  dataDir: string,
  connection: Connection,
): Promise<{ table: string; missing: number; isAbsent: boolean }[]> {
  const text = await readFile(join(dataDir, FILE), 'utf8').catch(() => '{}');
  const found = new Map((await rowCounts(connection)).map(({ name, rows }) => [name, rows]));
  return Object.entries(JSON.parse(text) as Record<string, number>)
    .map(([table, rows]) => ({
      table,
      missing: rows - (found.get(table) ?? 0),
      isAbsent: !found.has(table),
    }))
    .filter(({ missing }) => missing > 0);
}

async function rowCounts(connection: Connection): Promise<{ name: string; rows: number }[]> {
  return await rowsOf(
    connection,
    'SELECT name, total_rows AS rows FROM system.tables WHERE database = currentDatabase() AND total_rows IS NOT NULL',
  );
}
