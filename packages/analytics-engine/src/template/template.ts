import { EngineError } from '../errors.ts';
import { evaluate, isTruthy, type Scope } from './evaluate.ts';
import { type Expression, parseExpression } from './expression.ts';
import { toSql } from './literal.ts';
import type { Parameters } from './value.ts';

/** A piece of a template. */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'output'; expression: Expression }
  | { kind: 'set'; name: string; expression: Expression }
  | { kind: 'if'; branches: Branch[] };

interface Branch {
  /** Absent for `{% else %}`. */
  test?: Expression;
  body: Part[];
}

/** The SQL of a node, ready to be rendered. */
export interface Template {
  parts: readonly Part[];
  /**
   * Parameters declared with `required=True` outside every `{% if %}`. Tinybird refuses a request
   * without them even when they have a default; those inside a branch keep their default. This is the
   * only reading under which every case of Ghost 6.65's tests holds.
   */
  required: readonly string[];
}

const TAG = /\{#[\s\S]*?#\}|\{\{([\s\S]*?)\}\}|\{%([\s\S]*?)%\}/g;

/**
 * Parses the SQL of a node; it is a template only if it starts with `%`.
 *
 * @param where Shown in errors: file and node.
 * @throws EngineError `DATAFILE_INVALID`
 */
export function parseTemplate(sql: string, where: string): Template {
  if (!sql.startsWith('%')) return { parts: [{ kind: 'text', text: sql }], required: [] };
  try {
    const parts = parseParts(sql.slice(1));
    return { parts, required: parts.flatMap(requiredBy) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new EngineError('DATAFILE_INVALID', `${where}: ${error.message}`, { cause: error });
  }
}

/**
 * The SQL for one request. Every value in it is a literal: no parameter can add to the query.
 *
 * @throws EngineError `PARAMETER_INVALID`
 */
export function renderTemplate(template: Template, parameters: Parameters): string {
  return renderParts(template.parts, new Map(Object.entries(parameters)));
}

/** All SQL of a template, of every branch, with a placeholder where a value would be. */
export function textOf({ parts }: Pick<Template, 'parts'>): string {
  const texts = parts.map((part) => {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'if')
      return part.branches.map(({ body }) => textOf({ parts: body })).join(' ');
    return part.kind === 'output' ? "''" : '';
  });
  return texts.join('');
}

function renderParts(parts: readonly Part[], scope: Scope): string {
  let sql = '';
  for (const part of parts) {
    if (part.kind === 'text') sql += part.text;
    if (part.kind === 'output') sql += toSql(evaluate(part.expression, scope));
    if (part.kind === 'set') scope.set(part.name, evaluate(part.expression, scope));
    if (part.kind === 'if') {
      const taken = part.branches.find(({ test }) => !test || isTruthy(evaluate(test, scope)));
      sql += renderParts(taken?.body ?? [], scope);
    }
  }
  return sql;
}

function parseParts(source: string): Part[] {
  const root: Part[] = [];
  const open: { branches: Branch[]; outside: Part[] }[] = [];
  let body = root;
  let end = 0;
  for (const match of source.matchAll(TAG)) {
    if (match.index > end) body.push({ kind: 'text', text: source.slice(end, match.index) });
    end = match.index + match[0].length;
    if (match[1] !== undefined) body.push(outputOf(match[1]));
    if (match[2] === undefined) continue;

    const [, keyword = '', rest = ''] = /^\s*(\w+)\s*([\s\S]*?)\s*$/.exec(match[2]) ?? [];
    if (keyword === 'set') {
      body.push(assignmentOf(rest));
    } else if (keyword === 'if') {
      const branch: Branch = { test: parseExpression(rest), body: [] };
      open.push({ branches: [branch], outside: body });
      body = branch.body;
    } else if (keyword === 'elif' || keyword === 'else') {
      const branch = branchOf(keyword, rest);
      innermost(open, keyword).branches.push(branch);
      body = branch.body;
    } else if (keyword === 'end') {
      const { branches, outside } = innermost(open, keyword);
      open.pop();
      outside.push({ kind: 'if', branches });
      body = outside;
    } else {
      throw new SyntaxError(`{% ${keyword} %} is not understood`);
    }
  }
  if (open.length > 0) throw new SyntaxError('an {% if %} has no {% end %}');
  body.push({ kind: 'text', text: source.slice(end) });
  return root;
}

function outputOf(source: string): Part {
  return { kind: 'output', expression: parseExpression(source) };
}

function assignmentOf(source: string): Part {
  const [, name = '', value = ''] = /^(\w+)\s*=([\s\S]*)$/.exec(source) ?? [];
  return { kind: 'set', name, expression: parseExpression(value) };
}

function branchOf(keyword: string, rest: string): Branch {
  return keyword === 'elif' ? { test: parseExpression(rest), body: [] } : { body: [] };
}

function innermost<T>(open: T[], keyword: string): T {
  const last = open.at(-1);
  if (!last) throw new SyntaxError(`{% ${keyword} %} without {% if %}`);
  return last;
}

function requiredBy(part: Part): string[] {
  if (part.kind !== 'output' || part.expression.kind !== 'call') return [];
  const { args, named } = part.expression;
  const declared = args[0];
  const required = named['required'];
  if (required?.kind !== 'literal' || required.value !== true) return [];
  return declared?.kind === 'name' ? [declared.name] : [];
}
