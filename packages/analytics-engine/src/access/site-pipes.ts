import type { Pipe, PipeNode } from '../datafiles/pipe.ts';
import type { Project } from '../datafiles/project.ts';
import { renameTables } from '../sql/sql-references.ts';
import type { Expression } from '../template/expression.ts';
import { type Part, textOf } from '../template/template.ts';

/** The parameter, and the column of events, that says which site is meant. */
export const SITE = 'site_uuid';

/**
 * The endpoints that tell nothing of other sites: every query of them that reads a table asks for
 * `site_uuid` outside of any `{% if %}`.
 */
export function sitePipes(project: Project): ReadonlySet<string> {
  const isOfOneSite = (pipe: Pipe, node: PipeNode, above: readonly PipeNode[]): boolean => {
    if (above.includes(node)) return true;
    const tables: string[] = [];
    renameTables(textOf(node.template), (name) => void tables.push(name));
    const readsTable = tables.some((name) => project.datasources.has(name));
    if (readsTable && !node.template.parts.some(asksForSite)) return false;
    return tables.every((name) => {
      const sibling = pipe.nodes.find((one) => one.name === name);
      if (sibling) return isOfOneSite(pipe, sibling, [...above, node]);
      const other = project.datasources.has(name) ? undefined : project.pipes.get(name);
      return !other || isOfOneSite(other, other.output, [...above, node]);
    });
  };
  const endpoints = [...project.pipes.values()].filter(({ isEndpoint }) => isEndpoint);
  const safe = endpoints.filter((pipe) => isOfOneSite(pipe, pipe.output, []));
  return new Set(safe.map(({ name }) => name));
}

function asksForSite(part: Part): boolean {
  return part.kind === 'output' && mentionsSite(part.expression);
}

function mentionsSite(expression: Expression): boolean {
  if (expression.kind === 'name') return expression.name === SITE;
  return expression.kind === 'call' && expression.args.some(mentionsSite);
}
