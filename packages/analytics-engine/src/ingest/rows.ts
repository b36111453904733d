import { SITE } from '../access/site-pipes.ts';
import type { Column } from '../datafiles/datasource.ts';
import { EngineError } from '../errors.ts';
import { type ColumnConverter, columnConverter } from './column-converter.ts';

/** What became of the lines of one request. */
export interface ReadRows {
  columns: readonly string[];
  /** JSONEachRow for the table. */
  rows: Buffer;
  accepted: number;
  quarantined: readonly QuarantinedRow[];
}

/** A line that the table cannot take. */
interface QuarantinedRow {
  /** Empty when the line is no JSON object. */
  column: string;
  reason: string;
  row: string;
}

/**
 * Reads NDJSON into rows of a table. Every value is checked here because ClickHouse refuses a whole
 * insert for one bad value; a line that does not fit is set aside, as Tinybird's quarantine does.
 *
 * @param site The only site that rows may be of.
 * @throws EngineError `TOKEN_REFUSED` for a row of another one.
 */
export function readRows(ndjson: string, columns: readonly Column[], site?: string): ReadRows {
  const landing = columns.flatMap((column) =>
    column.jsonPath
      ? [{ column, path: column.jsonPath, convert: columnConverter(column.type) }]
      : [],
  );
  const rows: string[] = [];
  const quarantined: QuarantinedRow[] = [];
  for (const line of ndjson.split('\n')) {
    if (line.trim() === '') continue;
    try {
      const row = readRow(line, landing);
      if (site !== undefined && row[SITE] !== site) {
        throw new EngineError('TOKEN_REFUSED', 'the token may not append rows of another site');
      }
      rows.push(JSON.stringify(row));
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      quarantined.push({ column: error.column, reason: error.message, row: line });
    }
  }
  return {
    columns: landing.map(({ column }) => column.name),
    rows: Buffer.from(rows.join('\n')),
    accepted: rows.length,
    quarantined,
  };
}

interface LandingColumn {
  column: Column;
  path: readonly string[];
  convert: ColumnConverter;
}

class RowError extends Error {
  readonly column: string;

  constructor(column: string, reason: string) {
    super(reason);
    this.column = column;
  }
}

function readRow(line: string, landing: readonly LandingColumn[]): Record<string, unknown> {
  const event = parseObject(line);
  const row: Record<string, unknown> = {};
  for (const { column, path, convert } of landing) {
    const value = valueAt(event, path);
    if (value === undefined || value === null) {
      // Left out, ClickHouse fills in the default.
      if (column.defaultSql || column.type.includes('Nullable(')) continue;
      throw new RowError(column.name, 'missing');
    }
    const converted = convert(value);
    if (converted === undefined) throw new RowError(column.name, `not a ${column.type}`);
    row[column.name] = converted;
  }
  return row;
}

function parseObject(line: string): unknown {
  let event: unknown;
  try {
    event = /\\u[dD]/.test(line) ? JSON.parse(line, wellFormed) : JSON.parse(line);
  } catch {
    throw new RowError('', 'not JSON');
  }
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event;
  throw new RowError('', 'not a JSON object');
}

// Half of a surrogate pair is JSON to JavaScript and an error to ClickHouse.
const LONE_SURROGATE = /\p{Cs}/gu;

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(LONE_SURROGATE, '\ufffd') : value;
}

function valueAt(event: unknown, path: readonly string[]): unknown {
  let value = event;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
