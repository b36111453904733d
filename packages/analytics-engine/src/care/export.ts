import { access, rm } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Connection } from '../database/connection.ts';
import { EngineError } from '../errors.ts';
import { rowsOf } from '../schema/existing.ts';
import { stringLiteral } from '../template/literal.ts';

/** ClickHouse's formats by how a file's name ends; `.gz` and `.zst` after it compress. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ['ndjson', 'JSONEachRow'],
  ['parquet', 'Parquet'],
]);

/** What to export. */
export interface ExportRequest {
  table: string;
  /** Absolute path of a file that is not there yet; its ending chooses the format. */
  file: string;
}

/**
 * Writes a table to a file while the engine serves. Aggregates come out as ClickHouse's own states, so
 * for reading elsewhere take the tables that events land in.
 *
 * @throws EngineError `REQUEST_INVALID` for an unknown table, a file that exists or an unknown ending
 */
export async function exportTable(
  connection: Connection,
  { table, file }: ExportRequest,
): Promise<{ rows: number }> {
  const [, ending = ''] = /\.(\w+)(?:\.(?:gz|zst))?$/.exec(file) ?? [];
  const format = FORMATS.get(ending);
  if (!format || !isAbsolute(file)) {
    throw new EngineError(
      'REQUEST_INVALID',
      `${file} does not end in .ndjson, .ndjson.gz, .ndjson.zst or .parquet.`,
    );
  }
  const known = await rowsOf<{ rows: number | null }>(
    connection,
    `SELECT total_rows AS rows FROM system.tables WHERE database = currentDatabase() AND name = ${stringLiteral(table)}`,
  );
  const rows = known[0]?.rows;
  if (rows === undefined || rows === null) {
    throw new EngineError('REQUEST_INVALID', `There is no table ${table}.`);
  }
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new EngineError('REQUEST_INVALID', `${file} exists already.`);
  try {
    await connection.execute(
      `SELECT * FROM \`${table}\` INTO OUTFILE ${stringLiteral(file)} FORMAT ${format}
      SETTINGS output_format_json_quote_64bit_integers = 0, max_threads = 2`,
    );
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return { rows };
}
