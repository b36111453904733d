import { DatabaseSync } from 'node:sqlite';
import { createConnection } from 'mysql2/promise';
import type { StorePlace } from '../database/database.ts';

/**
 * The tables, indexes and triggers of a store as SQL, for a snapshot that is read beside the migrations. MySQL and
 * MariaDB are described alike.
 *
 * @throws what the database throws
 */
export async function describeSchema(place: StorePlace): Promise<string> {
  const statements = 'file' in place ? describeFile(place.file) : await describeServer(place);
  return statements.map((statement) => `${statement};\n`).join('\n');
}

function describeFile(file: string): string[] {
  using database = new DatabaseSync(file, { readOnly: true });
  const made = database.prepare(
    "select sql from sqlite_schema where sql is not null order by tbl_name, type <> 'table', type, name",
  );
  return made.all().map(({ sql }) => onLines(String(sql).replaceAll(' ,', ',')));
}

/** Gives each column of a table a line: a comma in inner parentheses has a `)` before the next `(`. */
function onLines(statement: string): string {
  const [, head, columns] = /^(create table [^(]+\()(.*)\)$/is.exec(statement) ?? [];
  if (head === undefined || columns === undefined) return statement;
  return `${head}\n  ${columns.split(/,\s*(?![^(]*\))/).join(',\n  ')}\n)`;
}

async function describeServer(place: { mysql: string; socketPath?: string }): Promise<string[]> {
  const { mysql: uri, socketPath } = place;
  const connection = await createConnection({ uri, ...(socketPath && { socketPath }) });
  const rowsOf = async (sql: string) => {
    const [rows] = await connection.query({ sql, rowsAsArray: true });
    return rows as string[][];
  };
  try {
    const tables = (await rowsOf('show tables')).flat().sort();
    const made = tables.map((table) => rowsOf(`show create table \`${table}\``));
    return (await Promise.all(made)).map(([row]) => asEitherServer(row?.[1] ?? ''));
  } finally {
    await connection.end();
  }
}

/** What MySQL and MariaDB say each in its own way, and which number is next. */
function asEitherServer(statement: string): string {
  return statement
    .replaceAll(/(int)\(\d+\)/g, '$1')
    .replaceAll(/ (CHARACTER SET|COLLATE) utf8mb4(_bin)?\b/g, '')
    .replaceAll(/ DEFAULT NULL/g, '')
    .replaceAll(/ DEFAULT '(\d+)'/g, ' DEFAULT $1')
    .replace(/ AUTO_INCREMENT=\d+/, '');
}
