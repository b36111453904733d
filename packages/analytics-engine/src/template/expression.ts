/** An expression of the Python subset that Tinybird's templates are written in. */
export type Expression =
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'name'; name: string }
  | { kind: 'list'; items: Expression[] }
  | Call
  | { kind: 'not' | 'negate'; operand: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression };

/** A function with its positional and named arguments. */
interface Call {
  kind: 'call';
  name: string;
  args: Expression[];
  named: Record<string, Expression>;
}

const TOKEN =
  /\s+|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(==|!=|<=|>=|[-+*/%<>=(),[\]])/y;

/** How tightly an operator binds; Python's order. */
const BINDING: ReadonlyMap<string, number> = new Map(
  Object.entries({
    or: 1,
    and: 2,
    '==': 4,
    '!=': 4,
    '<': 4,
    '>': 4,
    '<=': 4,
    '>=': 4,
    in: 4,
    not: 4, // the first word of `not in`
    is: 4,
    '+': 5,
    '-': 5,
    '*': 6,
    '/': 6,
    '%': 6,
  }),
);
const NOT_BINDING = 3;
const NEGATE_BINDING = 7;

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map(
  Object.entries({ True: true, False: false, None: null }),
);

/**
 * Parses one expression.
 *
 * @throws SyntaxError with what was not understood.
 */
export function parseExpression(source: string): Expression {
  return new Parser(source).parseAll();
}

class Parser {
  readonly #source: string;
  readonly #tokens: string[];
  #position = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  parseAll(): Expression {
    const expression = this.#parse(0);
    if (this.#position < this.#tokens.length) throw this.#unexpected(this.#peek());
    return expression;
  }

  #parse(minimum: number): Expression {
    let left = this.#parsePrimary();
    for (;;) {
      const binding = BINDING.get(this.#peek()) ?? 0;
      if (binding <= minimum) return left;
      const operator = this.#takeOperator();
      left = { kind: 'binary', operator, left, right: this.#parse(binding) };
    }
  }

  #parsePrimary(): Expression {
    const token = this.#take();
    if (token === 'not') return { kind: 'not', operand: this.#parse(NOT_BINDING) };
    if (token === '-') return { kind: 'negate', operand: this.#parse(NEGATE_BINDING) };
    if (token === '(') {
      const inner = this.#parse(0);
      this.#expect(')');
      return inner;
    }
    if (token === '[') return { kind: 'list', items: this.#parseList() };
    if (/^["']/.test(token)) return { kind: 'literal', value: unescaped(token.slice(1, -1)) };
    if (/^\d/.test(token)) return { kind: 'literal', value: Number(token) };
    if (!/^[A-Za-z_]\w*$/.test(token)) throw this.#unexpected(token);
    const constant = CONSTANTS.get(token);
    if (constant !== undefined) return { kind: 'literal', value: constant };
    if (this.#peek() !== '(') return { kind: 'name', name: token };
    this.#take();
    return this.#parseCall(token);
  }

  #parseList(): Expression[] {
    const items: Expression[] = [];
    this.#untilClosed(']', () => items.push(this.#parse(0)));
    return items;
  }

  #parseCall(name: string): Call {
    const call: Call = { kind: 'call', name, args: [], named: {} };
    this.#untilClosed(')', () => {
      if (this.#tokens[this.#position + 1] !== '=') {
        call.args.push(this.#parse(0));
        return;
      }
      const key = this.#take();
      this.#take();
      call.named[key] = this.#parse(0);
    });
    return call;
  }

  #untilClosed(end: string, parseItem: () => void): void {
    while (this.#peek() !== end) {
      parseItem();
      if (this.#peek() !== end) this.#expect(',');
    }
    this.#take();
  }

  #takeOperator(): string {
    const token = this.#take();
    if (token === 'not') {
      this.#expect('in');
      return 'not in';
    }
    if (token !== 'is' || this.#peek() !== 'not') return token;
    this.#take();
    return 'is not';
  }

  #peek(): string {
    return this.#tokens[this.#position] ?? '';
  }

  #take(): string {
    const token = this.#peek();
    this.#position += 1;
    return token;
  }

  #expect(wanted: string): void {
    const token = this.#take();
    if (token !== wanted) throw this.#unexpected(token, ` where ${wanted} should be`);
  }

  #unexpected(token: string, where = ''): SyntaxError {
    return new SyntaxError(`unexpected ${token || 'end'}${where}: ${this.#source.trim()}`);
  }
}

function tokenize(source: string): string[] {
  const tokens: string[] = [];
  let end = 0;
  while (end < source.length) {
    TOKEN.lastIndex = end;
    const match = TOKEN.exec(source);
    if (!match) throw new SyntaxError(`unexpected ${source[end]}: ${source.trim()}`);
    if (match[0].trim() !== '') tokens.push(match[0]);
    end = TOKEN.lastIndex;
  }
  return tokens;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character));
}
