import { EngineError } from '../errors.ts';
import type { Expression } from './expression.ts';
import { FUNCTIONS } from './functions.ts';
import { isMissing, plain, type Value } from './value.ts';

/** Names that a template's expressions can see: parameters and what `{% set %}` adds. */
export type Scope = Map<string, Value>;

const OPERATORS: Record<string, (left: Value, right: Value) => Value> = {
  '==': (left, right) => isEqual(left, right),
  '!=': (left, right) => !isEqual(left, right),
  is: (left, right) => isEqual(left, right),
  'is not': (left, right) => !isEqual(left, right),
  '<': (left, right) => compare(left, right) < 0,
  '>': (left, right) => compare(left, right) > 0,
  '<=': (left, right) => compare(left, right) <= 0,
  '>=': (left, right) => compare(left, right) >= 0,
  in: (left, right) => contains(right, left),
  'not in': (left, right) => !contains(right, left),
  '+': (left, right) => {
    const [a, b] = [plain(left), plain(right)];
    return typeof a === 'string' && typeof b === 'string'
      ? a + b
      : toNumber(left) + toNumber(right);
  },
  '-': (left, right) => toNumber(left) - toNumber(right),
  '*': (left, right) => toNumber(left) * toNumber(right),
  '/': (left, right) => toNumber(left) / toNumber(right),
  '%': (left, right) => toNumber(left) % toNumber(right),
};

/**
 * The value of an expression.
 *
 * @throws EngineError `PARAMETER_INVALID` for a parameter that does not fit.
 */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'name':
      return scope.get(expression.name) ?? { kind: 'missing', name: expression.name };
    case 'list':
      return expression.items.map((item) => evaluate(item, scope));
    case 'not':
      return !isTruthy(evaluate(expression.operand, scope));
    case 'negate':
      return -toNumber(evaluate(expression.operand, scope));
    case 'binary':
      return evaluateBinary(expression, scope);
    case 'call': {
      const args = expression.args.map((argument) => evaluate(argument, scope));
      const named = Object.fromEntries(
        Object.entries(expression.named).map(([name, value]) => [name, evaluate(value, scope)]),
      );
      const implementation = FUNCTIONS.get(expression.name);
      if (implementation) return implementation(args, named);
      throw invalid(`Template Syntax Error: ${expression.name} is not a function`);
    }
  }
}

function evaluateBinary(
  { operator, left, right }: Extract<Expression, { kind: 'binary' }>,
  scope: Scope,
): Value {
  const first = evaluate(left, scope);
  if (operator === 'and') return isTruthy(first) ? evaluate(right, scope) : first;
  if (operator === 'or') return isTruthy(first) ? first : evaluate(right, scope);
  const apply = OPERATORS[operator];
  if (!apply) throw invalid(`Template Syntax Error: ${operator} is not an operator`);
  return apply(first, evaluate(right, scope));
}

/** Whether an `{% if %}` takes the branch: Python's rule, and never for a parameter that is missing. */
export function isTruthy(value: Value): boolean {
  if (isMissing(value)) return false;
  const bare = plain(value);
  return Array.isArray(bare) ? bare.length > 0 : Boolean(bare);
}

function isEqual(left: Value, right: Value): boolean {
  return plain(left) === plain(right);
}

function compare(left: Value, right: Value): number {
  const [a, b] = [plain(left), plain(right)];
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return toNumber(left) - toNumber(right);
}

function contains(container: Value, item: Value): boolean {
  const bare = plain(container);
  if (typeof bare === 'string') return bare.includes(String(plain(item)));
  return Array.isArray(bare) && bare.some((member) => isEqual(member, item));
}

function toNumber(value: Value): number {
  const bare = plain(value);
  if (typeof bare === 'number' || typeof bare === 'boolean') return Number(bare);
  throw invalid('Template Syntax Error: arithmetic needs numbers, such as Int32(name, 0)');
}

function invalid(message: string): EngineError {
  return new EngineError('PARAMETER_INVALID', message);
}
