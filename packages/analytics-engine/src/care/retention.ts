import type { Connection } from '../database/connection.ts';
import type { Project } from '../datafiles/project.ts';
import { rowsOf } from '../schema/existing.ts';
import { quarantineOf, takesEvents } from '../schema/objects.ts';
import { stringLiteral } from '../template/literal.ts';

/** A month of a table that was removed. */
export interface RemovedMonth {
  table: string;
  /** `YYYYMM` */
  month: string;
  rows: number;
}

/**
 * Removes the whole months before the last `months` from the tables that events land in, and their
 * quarantined rows of that age. What views derived from them stays, so charts keep their numbers.
 */
export async function removeOldRows(
  project: Project,
  connection: Connection,
  { months, now }: { months: number; now: Date },
): Promise<RemovedMonth[]> {
  const first = firstKeptMonth(now, months);
  const landing = [...project.datasources.values()].filter(takesEvents);
  const removed: RemovedMonth[] = [];
  for (const { name, engine } of landing) {
    const day = `${first.slice(0, 4)}-${first.slice(4)}-01`;
    const quarantine = quarantineOf(name);
    await connection.execute(
      `DELETE FROM ${quarantine} WHERE insertion_date < toDateTime('${day}')`,
    );
    if (!/^toYYYYMM\(/.test(engine.options['PARTITION_KEY'] ?? '')) continue;
    const old = await rowsOf<{ month: string; rows: number }>(
      connection,
      `SELECT partition_id AS month, sum(rows) AS rows FROM system.parts
      WHERE database = currentDatabase() AND table = ${stringLiteral(name)} AND active
        AND partition_id < '${first}' GROUP BY month ORDER BY month`,
    );
    for (const { month, rows } of old) {
      await connection.execute(`ALTER TABLE ${name} DROP PARTITION ID ${stringLiteral(month)}`);
      removed.push({ table: name, month, rows });
    }
  }
  return removed;
}

/** The first month that is kept: with 24 in May 2026 it is May 2024, so that 24 whole ones stay. */
export function firstKeptMonth(now: Date, months: number): string {
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1));
  return first.toISOString().slice(0, 7).replace('-', '');
}
