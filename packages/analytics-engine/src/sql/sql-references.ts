/** In one way only, or a search that fails behind it would look for a table inside of it. */
export const COMMENT = String.raw`--[^\n]*(?:\n|$)|/\*(?:(?!\*/)[\s\S])*\*/`;
const GAP = String.raw`(?:\s|${COMMENT})`;
const NAME = '[A-Za-z_]\\w*|`\\w+`|"\\w+"';
/** Strings, and names in quotes. */
export const QUOTED = String.raw`'(?:[^'\\]|\\[\s\S]|'')*'|\`(?:[^\`\\]|\\[\s\S])*\`|"(?:[^"\\]|\\[\s\S])*"`;

/**
 * Strings and comments, in which nothing is a table, and what stands after FROM or JOIN with what follows
 * it. A request is scanned with it several times, so all else is left to the regular expression to skip.
 */
const REFERENCE = new RegExp(
  `${QUOTED}|${COMMENT}|\\b(from|join)\\b(${GAP}*)(${NAME})(?=${GAP}*(${NAME}|.)?)`,
  'gi',
);
const STARTS_WITH = new RegExp(`^(${GAP}*)with\\b`, 'i');

/** Words that may follow a table and are not its alias. */
const NOT_AN_ALIAS = new Set(
  `all and any array as asc asof cross desc except final format full global group having inner
  intersect into join left limit natural offset on or order paste prewhere qualify right sample
  semi anti settings union using where window with`.split(/\s+/),
);

/**
 * Renames the tables of a query: what stands after FROM or JOIN and is neither qualified nor a
 * function. A renamed table keeps its former name as alias unless it has one, since the query may
 * qualify columns with it.
 *
 * @param rename The new name, or undefined to leave a table alone.
 */
export function renameTables(sql: string, rename: (name: string) => string | undefined): string {
  return sql.replace(REFERENCE, (whole, keyword?: string, gap?: string, table = '', next = '') => {
    if (keyword === undefined || next === '.' || next === '(') return whole;
    const name = table.replaceAll(/[`"]/g, '');
    const renamed = rename(name);
    if (renamed === undefined) return whole;
    const hasAlias = next.toLowerCase() === 'as' || isAlias(next);
    return `${keyword}${gap || ' '}${renamed}${hasAlias ? '' : ` AS ${name}`}`;
  });
}

/** Puts common table expressions before a query, joining the list of one that starts with WITH. */
export function prependTableExpressions(sql: string, expressions: readonly string[]): string {
  if (expressions.length === 0) return sql;
  const list = `WITH ${expressions.join(',\n')}`;
  const joined = sql.replace(STARTS_WITH, (_, before: string) => `${before}${list},`);
  return joined === sql ? `${list}\n${sql}` : joined;
}

function isAlias(text: string): boolean {
  return /^[A-Za-z_`"]/.test(text) && !NOT_AN_ALIAS.has(text.toLowerCase());
}
