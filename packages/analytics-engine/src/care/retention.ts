import type { Connection } from '../database/connection.ts';
import type { Project } from '../datafiles/project.ts';
import { BESIDE, existingObjects, rowsOf } from '../schema/existing.ts';
import { quarantineOf, takesEvents } from '../schema/objects.ts';
import { stringLiteral } from '../template/literal.ts';

/** A month of a table that was removed. */
export interface RemovedMonth {
  table: string;
  /** `YYYYMM` */
  month: string;
  rows: number;
}

/** What is removed. */
interface RetentionOptions {
  /** How many whole months are kept. */
  months: number;
  now: Date;
  beforeRemoval: (months: readonly RemovedMonth[]) => Promise<void>;
}

/**
 * Removes the whole months before the last `months` from the tables that events land in, from what an
 * upgrade kept of them, and their quarantined rows of that age. What views derived from them stays, so charts keep their numbers.
 *
 * `beforeRemoval` hears what will be gone, so that a start after a crash in between does not take it for lost.
 */
export async function removeOldRows(
  project: Project,
  connection: Connection,
  { months, now, beforeRemoval }: RetentionOptions,
): Promise<RemovedMonth[]> {
  const first = firstKeptMonth(now, months);
  const day = `${first.slice(0, 4)}-${first.slice(4)}-01`;
  const landing = [...project.datasources.values()].filter(takesEvents);
  for (const { name } of landing) await removeQuarantined(connection, quarantineOf(name), day);

  const existing = await existingObjects(connection);
  const tables = landing
    .flatMap(({ name }) => [name, `${name}${BESIDE.before}`])
    .filter((name) => /^toYYYYMM\(/.test(existing.get(name)?.partitionKey ?? ''));
  const old: RemovedMonth[] = [];
  for (const table of tables) {
    const months = await rowsOf<{ month: string; rows: number }>(
      connection,
      `SELECT partition_id AS month, sum(rows) AS rows FROM system.parts
      WHERE database = currentDatabase() AND table = ${stringLiteral(table)} AND active
        AND partition_id < '${first}' GROUP BY month ORDER BY month`,
    );
    old.push(...months.map((month) => ({ table, ...month })));
  }
  if (old.length > 0) await beforeRemoval(old);
  for (const { table, month } of old) {
    await connection.execute(`ALTER TABLE ${table} DROP PARTITION ID ${stringLiteral(month)}`);
  }
  return old;
}

async function removeQuarantined(
  connection: Connection,
  table: string,
  day: string,
): Promise<void> {
  const isOld = `insertion_date < toDateTime('${day}')`;
  const [found] = await rowsOf<{ rows: number }>(
    connection,
    `SELECT count() AS rows FROM ${table} WHERE ${isOld}`,
  );
  // A DELETE writes parts anew even when it finds nothing.
  if (found?.rows) await connection.execute(`DELETE FROM ${table} WHERE ${isOld}`);
}

/** The first month that is kept: with 24 in May 2026 it is May 2024, so that 24 whole ones stay. */
export function firstKeptMonth(now: Date, months: number): string {
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1));
  return first.toISOString().slice(0, 7).replace('-', '');
}
