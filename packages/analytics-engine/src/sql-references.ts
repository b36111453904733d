/** The lexical pieces of a ClickHouse query, strings and comments whole. */
const PIECE =
  /'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|--[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_]\w*|\d[\w.]*|\s+|./gs;

/** Words that may follow a table and are not its alias. */
const NOT_AN_ALIAS = new Set(
  `all and any array as asc asof cross desc except final format full global group having inner
  intersect into join left limit natural offset on or order paste prewhere qualify right sample
  semi anti settings union using where window with`.split(/\s+/),
);

interface Piece {
  text: string;
  /** Neither white space nor a comment. */
  isCode: boolean;
}

/**
 * Renames the tables of a query: what stands after FROM or JOIN and is neither qualified nor a
 * function. A renamed table keeps its former name as alias unless it has one, since the query may
 * qualify columns with it.
 *
 * @param rename The new name, or undefined to leave a table alone.
 */
export function renameTables(sql: string, rename: (name: string) => string | undefined): string {
  const pieces = piecesOf(sql);
  const code = pieces.filter(({ isCode }) => isCode);
  for (const [index, piece] of code.entries()) {
    if (!/^(from|join)$/i.test(code[index - 1]?.text ?? '')) continue;
    const name = identifierOf(piece.text);
    const next = code[index + 1]?.text ?? '';
    if (name === undefined || next === '.' || next === '(') continue;
    const renamed = rename(name);
    if (renamed === undefined) continue;
    const hasAlias = next.toLowerCase() === 'as' || isAlias(next);
    piece.text = hasAlias ? renamed : `${renamed} AS ${name}`;
  }
  return pieces.map(({ text }) => text).join('');
}

/** Puts common table expressions before a query, joining the list of one that starts with WITH. */
export function prependTableExpressions(sql: string, expressions: readonly string[]): string {
  if (expressions.length === 0) return sql;
  const pieces = piecesOf(sql);
  const first = pieces.find(({ isCode }) => isCode);
  const list = `WITH ${expressions.join(',\n')}`;
  if (first?.text.toLowerCase() !== 'with') return `${list}\n${sql}`;
  first.text = `${list},`;
  return pieces.map(({ text }) => text).join('');
}

function piecesOf(sql: string): Piece[] {
  return Array.from(sql.matchAll(PIECE), ([text]) => ({
    text,
    isCode: text.trim() !== '' && !/^(--|\/\*)/.test(text),
  }));
}

function identifierOf(text: string): string | undefined {
  if (/^[A-Za-z_]\w*$/.test(text)) return text;
  return /^[`"]\w+[`"]$/.test(text) ? text.slice(1, -1) : undefined;
}

function isAlias(text: string): boolean {
  return identifierOf(text) !== undefined && !NOT_AN_ALIAS.has(text.toLowerCase());
}
