/**
 * Cloudflare's rules language, as far as rules for a cache need it: `and`, `or`, `not`, parentheses, `eq`, `ne`,
 * `contains`, `in { … }`, `starts_with`, `ends_with`, and `any(map["name"][*] …)`.
 * https://developers.cloudflare.com/ruleset-engine/rules-language/
 */
export type Fields = Readonly<Record<string, string | number | Record<string, readonly string[]>>>;

type Test = (fields: Fields) => boolean;
type Read = (fields: Fields) => readonly (string | number)[];

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(\d+)|([a-z_][\w.]*)|([(){}[\],*]))/y;

/** Understands an expression. @throws Error that says what is not understood */
export function parseExpression(source: string): Test {
  const tokens = tokensOf(source);
  let at = 0;
  const peek = () => tokens[at];
  const isNext = (text: string) => peek() === text;

  function expect(text: string): void {
    if (tokens[at] !== text) {
      throw new Error(`expected "${text}" but got "${tokens[at] ?? 'the end'}"`);
    }
    at += 1;
  }

  function parseOr(): Test {
    let left = parseAnd();
    while (isNext('or')) {
      at += 1;
      const [one, other] = [left, parseAnd()];
      left = (fields) => one(fields) || other(fields);
    }
    return left;
  }

  function parseAnd(): Test {
    let left = parseNot();
    while (isNext('and')) {
      at += 1;
      const [one, other] = [left, parseNot()];
      left = (fields) => one(fields) && other(fields);
    }
    return left;
  }

  function parseNot(): Test {
    if (!isNext('not')) return parseOne();
    at += 1;
    const test = parseNot();
    return (fields) => !test(fields);
  }

  function parseOne(): Test {
    if (isNext('(')) {
      at += 1;
      const inner = parseOr();
      expect(')');
      return inner;
    }
    const word = peek();
    if (word === 'true' || word === 'false') {
      at += 1;
      return () => word === 'true';
    }
    if (word === 'any') {
      at += 1;
      expect('(');
      const inner = parseComparison();
      expect(')');
      return inner;
    }
    if (word === 'starts_with' || word === 'ends_with') {
      at += 1;
      expect('(');
      const read = parseField();
      expect(',');
      const text = String(parseValue());
      expect(')');
      const holds = (value: string) =>
        word === 'starts_with' ? value.startsWith(text) : value.endsWith(text);
      return (fields) => read(fields).some((value) => holds(String(value)));
    }
    return parseComparison();
  }

  function parseComparison(): Test {
    const read = parseField();
    const operator = tokens[at];
    at += 1;
    if (operator === 'in') {
      const values: (string | number)[] = [];
      expect('{');
      while (!isNext('}')) values.push(parseValue());
      at += 1;
      return (fields) => read(fields).some((value) => values.includes(value));
    }
    if (operator === 'eq' || operator === 'ne') {
      const wanted = parseValue();
      return (fields) => read(fields).some((value) => (value === wanted) === (operator === 'eq'));
    }
    if (operator === 'contains') {
      const wanted = String(parseValue());
      return (fields) => read(fields).some((value) => String(value).includes(wanted));
    }
    throw new Error(`unknown operator "${operator ?? ''}"`);
  }

  function parseField(): Read {
    const name = tokens[at] ?? '';
    if (!/^[a-z]+(\.\w+)+$/.test(name)) throw new Error(`unknown identifier "${name}"`);
    at += 1;
    if (!isNext('[')) {
      return (fields) => {
        const value = fields[name];
        return typeof value === 'object' ? [] : [value ?? ''];
      };
    }
    expect('[');
    const key = String(parseValue());
    for (const text of [']', '[', '*', ']']) expect(text);
    return (fields) => {
      const value = fields[name];
      return typeof value === 'object' ? (value[key] ?? []) : [];
    };
  }

  function parseValue(): string | number {
    const token = tokens[at] ?? '';
    at += 1;
    if (token.startsWith('"')) return JSON.parse(token);
    if (/^\d+$/.test(token)) return Number(token);
    throw new Error(`expected a value but got "${token}"`);
  }

  const test = parseOr();
  if (at < tokens.length) throw new Error(`"${tokens[at]}" was not expected`);
  return test;
}

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== '') {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null)
      throw new Error(`"${source.slice(from).trim().slice(0, 20)}" was not expected`);
    tokens.push(match[0].trim());
  }
  return tokens;
}
