import { EngineError } from '../errors.ts';
import { parseTemplate, type Template } from '../template/template.ts';
import { parseDirectives, unquoted } from './directives.ts';
import { type TokenGrant, tokenGrants } from './token-grant.ts';

/** One named query of a pipe. */
export interface PipeNode {
  name: string;
  /** As written in the datafile. */
  sql: string;
  template: Template;
}

/** A `.pipe` file. */
export interface Pipe {
  name: string;
  nodes: readonly PipeNode[];
  /** What others get who select from the pipe: its endpoint or materialized node, else its last one. */
  output: PipeNode;
  isEndpoint: boolean;
  /** The datasource that its output is written to, for a materialized one. */
  target?: string;
  tokens: readonly TokenGrant[];
}

interface Draft {
  name: string;
  sql?: string;
  type?: string;
  target?: string;
}

/**
 * Reads a pipe. `TYPE` comes in any case; copy and sink nodes are read and not run.
 *
 * @throws EngineError `DATAFILE_INVALID`
 */
export function parsePipe(text: string, name: string): Pipe {
  const file = `${name}.pipe`;
  const directives = parseDirectives(text, file);
  const drafts: Draft[] = [];
  for (const { keyword, value } of directives) {
    if (keyword === 'NODE') drafts.push({ name: value });
    const draft = drafts.at(-1);
    if (!draft) continue;
    if (keyword === 'SQL') draft.sql = value;
    if (keyword === 'TYPE') draft.type = unquoted(value).toLowerCase();
    if (keyword === 'DATASOURCE') draft.target = unquoted(value);
  }
  const nodes = drafts.map((draft) => parseNode(draft, file));
  const marked = drafts.findIndex(({ type }) => type === 'endpoint' || type === 'materialized');
  const output = nodes.at(marked);
  if (!output) throw new EngineError('DATAFILE_INVALID', `${file} has no NODE.`);
  const { type, target } = drafts[marked] ?? {};
  if (type === 'materialized' && !target) {
    throw new EngineError('DATAFILE_INVALID', `${file} is materialized but names no DATASOURCE.`);
  }
  return {
    name,
    nodes,
    output,
    isEndpoint: type === 'endpoint',
    ...(type === 'materialized' && target && { target }),
    tokens: tokenGrants(directives),
  };
}

function parseNode({ name, sql }: Draft, file: string): PipeNode {
  if (!sql) throw new EngineError('DATAFILE_INVALID', `${file}: node ${name} has no SQL.`);
  return { name, sql, template: parseTemplate(sql, `${file}, node ${name}`) };
}
