import type { Pipe, PipeNode } from '../datafiles/pipe.ts';
import type { Project } from '../datafiles/project.ts';
import { EngineError } from '../errors.ts';
import { renderTemplate } from '../template/template.ts';
import type { Parameters } from '../template/value.ts';
import { prependTableExpressions, renameTables } from './sql-references.ts';

/**
 * The one query that answers a pipe: its output node, with every node and pipe that it selects from
 * as a common table expression named `pipe__node`. Nodes that the parameters leave unused are not
 * rendered, so a router asks only for what the pipe it chose requires.
 *
 * @throws EngineError `PARAMETER_INVALID`, or `DATAFILE_INVALID` for nodes that select from each other.
 */
export function pipeSql(project: Project, pipe: Pipe, parameters: Parameters): string {
  const expressions = new Map<string, string>();
  const rendering = new Set<string>();
  const missing = new Set<string>();

  const render = (owner: Pipe, node: PipeNode): string => {
    for (const name of node.template.required) {
      if (!Object.hasOwn(parameters, name)) missing.add(name);
    }
    return renameTables(renderTemplate(node.template, parameters), (table) => {
      const sibling = owner.nodes.find(({ name }) => name === table);
      if (sibling) return addExpression(owner, sibling);
      // A datasource wins over a pipe of the same name.
      const other = project.datasources.has(table) ? undefined : project.pipes.get(table);
      return other && addExpression(other, other.output);
    });
  };

  const addExpression = (owner: Pipe, node: PipeNode): string => {
    const name = `${owner.name}__${node.name}`;
    if (rendering.has(name)) {
      throw new EngineError('DATAFILE_INVALID', `Node ${node.name} of ${owner.name} reads itself.`);
    }
    if (expressions.has(name)) return name;
    rendering.add(name);
    const sql = render(owner, node);
    rendering.delete(name);
    expressions.set(name, `${name} AS (\n${sql}\n)`);
    return name;
  };

  const sql = render(pipe, pipe.output);
  if (missing.size > 0) {
    const names = [...missing].join(', ');
    throw new EngineError(
      'PARAMETER_INVALID',
      `Template Syntax Error: Required parameter is not defined: ${names}`,
    );
  }
  return prependTableExpressions(sql, [...expressions.values()]);
}
