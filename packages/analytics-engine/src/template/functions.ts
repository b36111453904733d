import { EngineError } from '../errors.ts';
import { stringLiteral } from './literal.ts';
import { convert, isTypeName, TYPE_NAMES } from './types.ts';
import { isMissing, isSql, plain, type Sql, type Value } from './value.ts';

/** A function of the template language: positional arguments, then named ones. */
export type TemplateFunction = (args: Value[], named: Record<string, Value>) => Value;

const DAY_MS = 86_400_000;

/**
 * The template functions by name, after
 * https://www.tinybird.co/docs/forward/dev-reference/template-functions.
 */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries<TemplateFunction>({
    ...Object.fromEntries(TYPE_NAMES.map((type) => [type, typeFunction(type)])),
    Array: arrayOf,
    defined: ([value]) => value !== undefined && value !== null && !isMissing(value),
    column: ([name, fallback]) => identifiers(name, fallback)[0] ?? null,
    columns: ([names, fallback]) => {
      const list = identifiers(names, fallback);
      return { kind: 'sql', text: list.map(({ text }) => text).join(', '), value: null };
    },
    split_to_array: ([value, fallback]) => listOf(isMissing(value) ? (fallback ?? value) : value),
    day_diff: difference(DAY_MS),
    date_diff_in_days: difference(DAY_MS),
    date_diff_in_hours: difference(3_600_000),
    date_diff_in_minutes: difference(60_000),
    date_diff_in_seconds: difference(1_000),
    error: ([message]) => raise(message),
    custom_error: ([message]) => raise(message),
  }),
);

function typeFunction(type: string): TemplateFunction {
  return (args, named) => {
    const value = argumentOrDefault(args, named);
    return isMissing(value) ? value : convert(type, bareText(value), nameOf(args));
  };
}

/**
 * `Array(name, 'Int32', default='1,2')`. The second argument is a type only when it names one; Ghost's
 * pipes put a default there and rely on it being read as strings.
 */
function arrayOf(args: Value[], named: Record<string, Value>): Value {
  const [value, second, third] = args;
  const type = typeof second === 'string' && isTypeName(second) ? second : undefined;
  const given = argumentOrDefault([value, type ? third : second], named);
  if (isMissing(given)) return given;
  const items = listOf(given).map((item) =>
    convert(type ?? 'String', bareText(item), nameOf(args)),
  );
  const texts = items.map((item) => (isSql(item) ? item.text : stringLiteral(String(item))));
  return { kind: 'sql', text: `[${texts.join(',')}]`, value: bareText(given) };
}

function argumentOrDefault(
  [value, fallback]: (Value | undefined)[],
  named: Record<string, Value>,
): Value {
  if (value === undefined) throw invalid('Template Syntax Error: a parameter has no name');
  return isMissing(value) ? (named['default'] ?? fallback ?? value) : value;
}

/** A list as it came, or the parts of a text between commas without the quotes around them. */
function listOf(value: Value | undefined): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (value === undefined || isMissing(value)) throw invalid(notDefined(value));
  const text = bareText(value);
  if (text === '') return [];
  return text.split(',').map((part) => part.trim().replace(/^(['"])(.*)\1$/, '$2'));
}

function identifiers(names: Value | undefined, fallback: Value | undefined): Sql[] {
  return listOf(isMissing(names) ? (fallback ?? names) : names).map((item) => {
    const name = bareText(item);
    if (/^[A-Za-z_][\w.]*$/.test(name)) return { kind: 'sql', text: `\`${name}\``, value: name };
    throw invalid(`Template Syntax Error: ${JSON.stringify(name)} is not the name of a column`);
  });
}

/** The whole units between two dates, whichever comes first. */
function difference(unitMs: number): TemplateFunction {
  return ([first, second]) => {
    const [from, to] = [timeOf(first), timeOf(second)];
    return Math.floor(Math.abs(from - to) / unitMs);
  };
}

function timeOf(value: Value | undefined): number {
  if (value === undefined || isMissing(value)) throw invalid(notDefined(value));
  const text = bareText(value).replace(' ', 'T');
  const time = Date.parse(
    /[T]/.test(text) && !/(Z|[+-]\d\d:?\d\d)$/.test(text) ? `${text}Z` : text,
  );
  if (Number.isNaN(time)) throw invalid(`Template Syntax Error: ${text} is not a date`);
  return time;
}

/** The text of a value; the last of several when a key came more than once. */
function bareText(value: Value): string {
  const bare = plain(value);
  return Array.isArray(bare) ? bare.map((item) => bareText(item)).join(',') : String(bare);
}

function nameOf([value]: Value[]): string {
  return isMissing(value) ? value.name : bareText(value ?? '');
}

function raise(message: Value | undefined): never {
  throw invalid(message === undefined ? 'error' : bareText(message));
}

function notDefined(value: Value | undefined): string {
  const name = isMissing(value) ? `: ${value.name}` : '';
  return `Template Syntax Error: Required parameter is not defined${name}`;
}

function invalid(message: string): EngineError {
  return new EngineError('PARAMETER_INVALID', message);
}
