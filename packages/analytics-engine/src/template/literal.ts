import { EngineError } from '../errors.ts';
import { isMissing, isSql, type Value } from './value.ts';

const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * A ClickHouse string literal. Only the backslash and the quote can end one early; control characters
 * are escaped too because a raw NUL ends the statement.
 *
 * Literals, not bound parameters: chDB keeps parameters per process and not per Session, so two bound
 * queries at once read each other's values or abort the engine, and its binding therefore runs them
 * one after the other (chdb 3.4.0, `runExclusiveParam`).
 */
export function stringLiteral(text: string): string {
  return `'${text.replace(/[\\'\0\b\f\n\r\t]/g, (character) => ESCAPES[character] ?? '')}'`;
}

/**
 * The SQL of any value.
 *
 * @throws EngineError `PARAMETER_INVALID` for a parameter that was not given.
 */
export function toSql(value: Value): string {
  if (typeof value === 'string') return stringLiteral(value);
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value === null) return 'NULL';
  if (isSql(value)) return value.text;
  if (isMissing(value)) {
    throw new EngineError(
      'PARAMETER_INVALID',
      `Template Syntax Error: Required parameter is not defined: ${value.name}`,
    );
  }
  return `[${value.map(toSql).join(',')}]`;
}
