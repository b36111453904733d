import { EngineError } from '../errors.ts';
import { type Directive, parseDirectives, unquoted } from './directives.ts';
import { splitTopLevel } from './split-top-level.ts';
import { type TokenGrant, tokenGrants } from './token-grant.ts';

/** A column of a datasource. */
export interface Column {
  name: string;
  /** ClickHouse type, as written. */
  type: string;
  /** The keys that lead to its value in an event, for a column that is filled from JSON. */
  jsonPath?: readonly string[];
  /** SQL of the value that a missing one is replaced with. */
  defaultSql?: string;
}

/** A `.datasource` file: one table. */
export interface Datasource {
  name: string;
  columns: readonly Column[];
  /** Engine name and the `ENGINE_*` values by what follows `ENGINE_`, such as `SORTING_KEY`. */
  engine: { name: string; options: Readonly<Record<string, string>> };
  tokens: readonly TokenGrant[];
  /** `FORWARD_QUERY`: a SELECT without FROM that makes rows of this schema from the former one's. */
  forwardQuery?: string;
}

/** @throws EngineError `DATAFILE_INVALID` */
export function parseDatasource(text: string, name: string): Datasource {
  const directives = parseDirectives(text, `${name}.datasource`);
  const schema = directives.find(({ keyword }) => keyword === 'SCHEMA');
  if (!schema) throw new EngineError('DATAFILE_INVALID', `${name}.datasource has no SCHEMA.`);
  const forward = directives.find(({ keyword }) => keyword === 'FORWARD_QUERY');
  return {
    name,
    columns: splitTopLevel(schema.value).map((line) => parseColumn(line, name)),
    engine: parseEngine(directives),
    tokens: tokenGrants(directives),
    ...(forward && { forwardQuery: forward.value }),
  };
}

function parseColumn(definition: string, datasource: string): Column {
  const named = /^(?:`([^`]+)`|(\w+))\s+([\s\S]+)$/.exec(definition);
  const name = named?.[1] ?? named?.[2];
  if (!named?.[3] || !name) {
    throw new EngineError(
      'DATAFILE_INVALID',
      `${datasource}.datasource: not a column: ${definition}`,
    );
  }
  // `json:…` and DEFAULT come in either order.
  const path = /`json:([^`]*)`/.exec(named[3])?.[1];
  const [type = '', defaultSql] = named[3].replace(/`json:[^`]*`/, '').split(/\bDEFAULT\b/i);
  return {
    name,
    type: type.trim(),
    ...(path && { jsonPath: parseJsonPath(path) }),
    ...(defaultSql && { defaultSql: defaultSql.trim() }),
  };
}

/** `$.a.b` and `$.tags[:]`; the brackets say only that the value is a list. */
function parseJsonPath(path: string): string[] {
  return path
    .replace(/^\$\.?/, '')
    .replace(/\[:\]$/, '')
    .split('.')
    .filter((key) => key !== '');
}

function parseEngine(directives: Directive[]): Datasource['engine'] {
  let name = 'MergeTree';
  const options: Record<string, string> = {};
  for (const { keyword, value } of directives) {
    if (keyword === 'ENGINE') name = unquoted(value);
    if (keyword.startsWith('ENGINE_')) options[keyword.slice('ENGINE_'.length)] = unquoted(value);
  }
  return { name, options };
}
