import { createHash } from 'node:crypto';
import type { Connection } from './database/connection.ts';
import type { Column, Datasource } from './datafiles/datasource.ts';
import type { Pipe } from './datafiles/pipe.ts';
import type { Project } from './datafiles/project.ts';
import { EngineError } from './errors.ts';
import { pipeSql } from './pipe-sql.ts';
import { stringLiteral } from './template/literal.ts';

/**
 * Blocks that each table remembers by deduplication token. A batch makes one block per monthly
 * partition it touches, so this covers at least the last few hundred batches.
 */
const DEDUPLICATION_WINDOW_BLOCKS = 1000;

const QUARANTINE_COLUMNS: readonly Column[] = [
  { name: 'insertion_date', type: 'DateTime', defaultSql: 'now()' },
  { name: 'column', type: 'LowCardinality(String)' },
  { name: 'reason', type: 'String' },
  { name: 'row', type: 'String' },
];

interface Statement {
  name: string;
  sql: string;
  /** What of it comes from the datafile; our own settings may differ between two releases. */
  origin: unknown;
  /** Tables that must be empty when this is created beside them: a view sees only new rows. */
  sources: readonly string[];
}

/** Name of the table that keeps the rows a datasource could not take. */
export function quarantineOf(datasource: string): string {
  return `${datasource}_quarantine`;
}

/** Whether events can be sent to a datasource: its columns say where in the JSON they come from. */
export function takesEvents({ columns }: Datasource): boolean {
  return columns.some(({ jsonPath }) => jsonPath !== undefined);
}

/**
 * Creates what the project asks for and the database lacks. Each object carries the hash of its
 * origin as comment, so a second start changes nothing.
 *
 * @throws EngineError `DATAFILES_CHANGED` when an object with data differs from its datafile.
 */
export async function deploy(project: Project, connection: Connection): Promise<void> {
  const existing = await existingObjects(connection);
  for (const { name, sql, origin, sources } of statementsOf(project)) {
    const fingerprint = createHash('sha256').update(JSON.stringify(origin)).digest('hex');
    const found = existing.get(name);
    if (found?.comment === fingerprint) continue;
    if (found) throw changed(name, 'has changed');
    const filled = sources.filter((source) => (existing.get(source)?.rows ?? 0) > 0);
    if (filled.length > 0) throw changed(name, `is new and would miss rows of ${filled[0]}`);
    await connection.execute(`${sql}\nCOMMENT ${stringLiteral(fingerprint)}`);
  }
}

function changed(name: string, what: string): EngineError {
  return new EngineError(
    'DATAFILES_CHANGED',
    `${name} ${what}: these datafiles do not fit the data that is here.`,
    {
      help: 'Point PROSORA_ENGINE_DATAFILES at the datafiles of the Ghost that this data was made with, or choose an empty data directory.',
      context: { name },
    },
  );
}

async function existingObjects(
  connection: Connection,
): Promise<Map<string, { comment: string; rows: number }>> {
  const answer = await connection.query(
    'SELECT name, comment, total_rows AS rows FROM system.tables WHERE database = currentDatabase()',
  );
  const { data } = JSON.parse(answer.toString('utf8')) as {
    data: { name: string; comment: string; rows: number | null }[];
  };
  return new Map(data.map(({ name, comment, rows }) => [name, { comment, rows: rows ?? 0 }]));
}

/** Tables first, since a view needs both of its tables. */
function statementsOf(project: Project): Statement[] {
  const tables = [...project.datasources.values()].flatMap((datasource) =>
    takesEvents(datasource)
      ? [tableOf(datasource), quarantineTableOf(datasource)]
      : tableOf(datasource),
  );
  const views = [...project.pipes.values()].flatMap(({ target, ...pipe }) =>
    target ? viewOf(project, pipe, target) : [],
  );
  return [...tables, ...views];
}

function tableOf({ name, columns, engine }: Datasource): Statement {
  const { SORTING_KEY, PARTITION_KEY, PRIMARY_KEY, TTL, VER, SIGN, SETTINGS } = engine.options;
  const sql = [
    `CREATE TABLE ${name} (\n${columns.map(columnSql).join(',\n')}\n)`,
    `ENGINE = ${engine.name}(${[VER, SIGN].filter(Boolean).join(', ')})`,
    PARTITION_KEY && `PARTITION BY ${PARTITION_KEY}`,
    PRIMARY_KEY && `PRIMARY KEY (${PRIMARY_KEY})`,
    `ORDER BY (${SORTING_KEY ?? ''})`,
    TTL && `TTL ${TTL}`,
    // Accepted means on disk: without these a part reaches it when the kernel sees fit.
    `SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW_BLOCKS}${SETTINGS ? `, ${SETTINGS}` : ''}`,
  ];
  return {
    name,
    sql: sql.filter(Boolean).join('\n'),
    origin: { columns, engine },
    sources: [],
  };
}

function quarantineTableOf({ name }: Datasource): Statement {
  return tableOf({
    name: quarantineOf(name),
    columns: QUARANTINE_COLUMNS,
    engine: { name: 'MergeTree', options: { SORTING_KEY: 'insertion_date' } },
    tokens: [],
  });
}

function columnSql({ name, type, defaultSql }: Column): string {
  return `  \`${name}\` ${type}${defaultSql ? ` DEFAULT ${defaultSql}` : ''}`;
}

function viewOf(project: Project, pipe: Pipe, target: string): Statement {
  if (!project.datasources.has(target)) {
    throw new EngineError(
      'DATAFILE_INVALID',
      `${pipe.name}.pipe writes to ${target}, which is not a datasource.`,
    );
  }
  const select = pipeSql(project, pipe, {});
  const sources = [...project.datasources.keys()].filter((name) =>
    new RegExp(`\\b(FROM|JOIN)\\s+\`?${name}\\b`, 'i').test(select),
  );
  return {
    name: pipe.name,
    sql: `CREATE MATERIALIZED VIEW ${pipe.name} TO ${target} AS\n${select}`,
    origin: { target, nodes: pipe.nodes.map((node) => node.sql.replaceAll(/\s+/g, ' ')) },
    sources,
  };
}
