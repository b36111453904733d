import { createHash } from 'node:crypto';
import type { Column, Datasource } from '../datafiles/datasource.ts';
import type { Pipe } from '../datafiles/pipe.ts';
import type { Project } from '../datafiles/project.ts';
import { EngineError } from '../errors.ts';
import { pipeSql } from '../sql/pipe-sql.ts';
import { stringLiteral } from '../template/literal.ts';

/**
 * Blocks that each table remembers by deduplication token, in memory: some 250 bytes each. A batch makes one
 * block per monthly partition it touches. The journal remembers more batches, but not those that were left
 * half done, as when the disk was full.
 */
const DEDUPLICATION_WINDOW_BLOCKS = 10_000;

const QUARANTINE_COLUMNS: readonly Column[] = [
  { name: 'insertion_date', type: 'DateTime', defaultSql: 'now()' },
  { name: 'column', type: 'LowCardinality(String)' },
  { name: 'reason', type: 'String' },
  { name: 'row', type: 'String' },
];

/** A table that a project asks for. */
export interface Table {
  name: string;
  /** Hash of what its datafile says, kept in the table's comment. */
  fingerprint: string;
  datasource: Datasource;
  /** Whether rows come from outside; the others are filled by views. */
  isLanding: boolean;
}

/** A materialized view that a project asks for. */
export interface View {
  name: string;
  fingerprint: string;
  target: string;
  select: string;
  /** The tables it reads. */
  sources: readonly string[];
}

/** Everything that a project asks the database to hold; each comes after what it needs. */
export interface Schema {
  tables: readonly Table[];
  views: readonly View[];
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
 * What a project asks for.
 *
 * @throws EngineError `DATAFILE_INVALID` for views that feed each other or write to nothing.
 */
export function schemaOf(project: Project): Schema {
  const views = [...project.pipes.values()].flatMap(({ target, ...pipe }) =>
    target ? viewOf(project, pipe, target) : [],
  );
  const tables = [...project.datasources.values()].flatMap((datasource) =>
    takesEvents(datasource)
      ? [tableOf(datasource), tableOf(quarantineDatasource(datasource))]
      : tableOf(datasource),
  );
  const depth = (name: string, above: readonly string[] = []): number => {
    if (above.includes(name)) {
      throw new EngineError('DATAFILE_INVALID', `The views into ${name} feed each other.`);
    }
    const feeding = views.filter(({ target }) => target === name);
    const sources = feeding.flatMap((view) => view.sources);
    return Math.max(0, ...sources.map((source) => 1 + depth(source, [...above, name])));
  };
  const inOrder = tables.map((table) => ({ table, depth: depth(table.name) }));
  inOrder.sort((a, b) => a.depth - b.depth);
  return { tables: inOrder.map(({ table }) => table), views };
}

/** The statement that creates a table, under its own name or another. */
export function createTableSql({ name, fingerprint, datasource }: Table, as = name): string {
  const { columns, engine } = datasource;
  const { SORTING_KEY, PARTITION_KEY, PRIMARY_KEY, TTL, VER, SIGN, SETTINGS } = engine.options;
  const head = `CREATE TABLE ${as} (\n${columns.map(columnSql).join(',\n')}\n)`;
  const comment = `COMMENT ${stringLiteral(fingerprint)}`;
  if (engine.name === 'Null') return `${head}\nENGINE = Null\n${comment}`;
  const parts = [
    head,
    `ENGINE = ${engine.name}(${[VER, SIGN].filter(Boolean).join(', ')})`,
    PARTITION_KEY && `PARTITION BY ${PARTITION_KEY}`,
    PRIMARY_KEY && `PRIMARY KEY (${PRIMARY_KEY})`,
    `ORDER BY (${SORTING_KEY ?? ''})`,
    TTL && `TTL ${TTL}`,
    // Accepted means on disk: without these a part reaches it when the kernel sees fit.
    `SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW_BLOCKS}${SETTINGS ? `, ${SETTINGS}` : ''}`,
    comment,
  ];
  return parts.filter(Boolean).join('\n');
}

/** The statement that creates a view. */
export function createViewSql({ name, target, select, fingerprint }: View): string {
  return `CREATE MATERIALIZED VIEW ${name} TO ${target} AS\n${select}\nCOMMENT ${stringLiteral(fingerprint)}`;
}

function tableOf(datasource: Datasource): Table {
  const { name, columns, engine } = datasource;
  return {
    name,
    fingerprint: fingerprintOf({ columns, engine }),
    datasource,
    isLanding: takesEvents(datasource) || name.endsWith(quarantineOf('')),
  };
}

function quarantineDatasource({ name }: Datasource): Datasource {
  return {
    name: quarantineOf(name),
    columns: QUARANTINE_COLUMNS,
    engine: { name: 'MergeTree', options: { SORTING_KEY: 'insertion_date' } },
    tokens: [],
  };
}

function columnSql({ name, type, defaultSql }: Column): string {
  return `  \`${name}\` ${type}${defaultSql ? ` DEFAULT ${defaultSql}` : ''}`;
}

function viewOf(project: Project, pipe: Pipe, target: string): View {
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
    fingerprint: fingerprintOf({ target, select: withoutLayout(select) }),
    target,
    select,
    sources,
  };
}

/** A query without comments and line breaks, which a release may change at will. */
function withoutLayout(select: string): string {
  return select.replaceAll(/--[^\n]*/g, ' ').replaceAll(/\s+/g, ' ');
}

function fingerprintOf(origin: unknown): string {
  return createHash('sha256').update(JSON.stringify(origin)).digest('hex');
}
