import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../database/connection.ts';
import type { Project } from '../datafiles/project.ts';
import { rowCounts } from '../schema/existing.ts';

/** File with the number of rows by table. */
export const LEDGER_FILE = 'rows.json';

/**
 * Notes how many rows the tables have, so that a start finds out when some are gone: a part that vanished
 * as a whole leaves no other trace. Only tables from which nothing but retention takes rows, so none whose
 * engine merges them.
 *
 * @param leaving Rows that are about to be removed, which are not counted.
 */
export async function writeRowLedger(
  dataDir: string,
  project: Project,
  connection: Connection,
  leaving: readonly { table: string; rows: number }[] = [],
): Promise<void> {
  const counted = [...project.datasources.values()].filter(
    ({ engine }) => engine.name === 'MergeTree' && !engine.options['TTL'],
  );
  const rows = await rowCounts(connection);
  const ledger = counted.flatMap(({ name }) => {
    const count = rows.get(name);
    const left = leaving.filter(({ table }) => table === name);
    return count === undefined ? [] : [[name, left.reduce((sum, { rows }) => sum - rows, count)]];
  });
  const draft = join(dataDir, `${LEDGER_FILE}.new`);
  {
    await using file = await open(draft, 'w', 0o600);
    await file.writeFile(JSON.stringify(Object.fromEntries(ledger)));
    await file.sync();
  }
  await rename(draft, join(dataDir, LEDGER_FILE));
}

/** Rows by table as last noted: none in a new data directory, undefined when the file is torn itself. */
export async function readRowLedger(
  dataDir: string,
): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    const text = await readFile(join(dataDir, LEDGER_FILE), 'utf8');
    return new Map(Object.entries(JSON.parse(text) as Record<string, number>));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Map() : undefined;
  }
}
