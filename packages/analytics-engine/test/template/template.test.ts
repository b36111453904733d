import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTemplate, renderTemplate } from '../../src/template/template.ts';
import type { Parameters } from '../../src/template/value.ts';

const render = (sql: string, parameters: Parameters = {}): string =>
  renderTemplate(parseTemplate(`%${sql}`, 'test'), parameters);

describe('conditions', () => {
  test.each<[string, Parameters, string]>([
    ['{% if defined(a) %}yes{% else %}no{% end %}', {}, 'no'],
    ['{% if defined(a) %}yes{% else %}no{% end %}', { a: '' }, 'yes'],
    ["{% if a == 'x' %}1{% elif a == 'y' %}2{% else %}3{% end %}", { a: 'y' }, '2'],
    ["{% if a == 'x' or a == 'y' %}1{% end %}", { a: 'z' }, ''],
    ["{% if not defined(a) and b != 'x' %}1{% end %}", { b: 'y' }, '1'],
    ["{% if a in ['x', 'y'] %}1{% end %}", { a: 'x' }, '1'],
    ["{% if a not in ['x', 'y'] %}1{% end %}", { a: 'x' }, ''],
    ['{% if a is None %}1{% end %}', {}, '1'],
    ['{% if a is not None %}1{% end %}', {}, ''],
    ['{% if Int32(a) > 3 and Int32(a) <= 2 + 2 * 2 %}1{% end %}', { a: '6' }, '1'],
    [
      '{% set one = day_diff(a, b) == 0 %}{% if one %}hours{% else %}days{% end %}',
      { a: '2100-01-01', b: '2100-01-01' },
      'hours',
    ],
    [
      '{% set one = defined(a) and day_diff(a, b) == 0 %}{% if one %}hours{% else %}days{% end %}',
      {},
      'days',
    ],
    ['{% if a %}{% if b %}both{% else %}a{% end %}{% end %}', { a: '1' }, 'a'],
  ])('%s with %o renders %s', (sql, parameters, expected) => {
    expect(render(sql, parameters)).toBe(expected);
  });
});

describe('values', () => {
  test.each<[string, Parameters, string]>([
    ["{{ String(a, 'b', description='text, with comma', required=False) }}", {}, "'b'"],
    ['{{ String(a) }}', { a: "it's \\ here" }, "'it\\'s \\\\ here'"],
    ['{{ String(a) }}', { a: ['x', 'y'] }, "'x,y'"],
    ['{{ Int32(a, 50) }}', {}, "toInt32('50')"],
    ['{{ Int32(a, 0) * Int32(b, 20) }}', { a: '3' }, '60'],
    ['{{ UInt64(a) }}', { a: '18446744073709551615' }, "toUInt64('18446744073709551615')"],
    ['{{ Float64(a) }}', { a: '1.5e3' }, "toFloat64('1.5e3')"],
    ['{{ Boolean(a) }}', { a: 'true' }, '1'],
    ['{{ Date(a) }}', { a: '2100-02-28' }, "'2100-02-28'"],
    ['{{ DateTime(a) }}', { a: '2100-02-28 10:00:00' }, "'2100-02-28 10:00:00'"],
    ['{{ Array(a) }}', { a: 'x,y' }, "['x','y']"],
    ['{{ Array(a) }}', { a: ['x', 'y,z'] }, "['x','y,z']"],
    ["{{ Array(a, 'Int32', '1,2') }}", {}, "[toInt32('1'),toInt32('2')]"],
    [`{{ Array(a, "'undefined', 'free'") }}`, {}, "['undefined','free']"],
    ["{{ split_to_array(a, 'x,y') }}", {}, "['x','y']"],
    ['{{ columns(a) }}', { a: 'name,age' }, '`name`, `age`'],
    ['{{ column(a, "age") }}', {}, '`age`'],
    ['{{ a }}', { a: "x' OR 1" }, "'x\\' OR 1'"],
    ['{# {{ gone }} #}kept', {}, 'kept'],
  ])('%s with %o renders %s', (sql, parameters, expected) => {
    expect(render(sql, parameters)).toBe(expected);
  });

  test.each<[string, string]>([
    ['{{ Int32(a) }}', '1; DROP TABLE x'],
    ['{{ Int32(a) }}', '2147483648'],
    ['{{ UInt8(a) }}', '-1'],
    ['{{ Float64(a) }}', 'NaN'],
    ['{{ Boolean(a) }}', 'perhaps'],
    ['{{ Date(a) }}', '2100-02-30'],
    ['{{ Date(a) }}', "2100-01-01' OR '1"],
    ['{{ DateTime(a) }}', '2100-01-01'],
    ['{{ UUID(a) }}', 'not-one'],
    ['{{ columns(a) }}', 'name, (SELECT 1)'],
    ["{{ error('no') }}", ''],
    ['{{ nothing(a) }}', ''],
    ['{% if day_diff(a, a) %}{% end %}', 'yesterday'],
  ])('%s refuses %s', (sql, value) => {
    expect(() => render(sql, { a: value })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID' }),
    );
  });

  test('a parameter that is missing and has no default is named', () => {
    expect(() => render('{{ Array(post_uuids, description="x") }}')).toThrow(
      'Required parameter is not defined: post_uuids',
    );
  });
});

describe('templates', () => {
  test('only SQL that starts with a percent sign is one', () => {
    expect(parseTemplate('SELECT {{ 1 }}', 'test').parts).toEqual([
      { kind: 'text', text: 'SELECT {{ 1 }}' },
    ]);
  });

  test('require what is declared so outside every branch', () => {
    const template = parseTemplate(
      "%{{ String(a, 'x', required=True) }}{% if 1 %}{{ String(b, 'x', required=True) }}{% end %}{{ String(c, required=False) }}",
      'test',
    );
    expect(template.required).toEqual(['a']);
  });

  test.each([
    '{% if a %}',
    '{% end %}',
    '{% for x in y %}{% end %}',
    '{{ String( }}',
    '{{ a b }}',
    '{{ ? }}',
  ])('%s is refused when it is read', (sql) => {
    expect(() => parseTemplate(`%${sql}`, 'file, node')).toThrow(/^file, node: /);
  });
});

test('what every JavaScript object has is no function and no constant of a template', () => {
  for (const name of ['toString', 'constructor', 'valueOf', '__proto__']) {
    expect(() => render(`{{ ${name}(a) }}`, { a: 'x' })).toThrow(`${name} is not a function`);
    expect(render(`{{ String(${name}, 'none') }}`)).toBe("'none'");
    expect(() => render(`{{ a ${name} b }}`)).toThrow(`unexpected ${name}`);
  }
});

test('no text changes the shape of a query', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom("'", '\\', '\0', '\n', '--', '/*', '*/', '`', '{{', '%}', ';'))
      .map((parts) => parts.join('')),
  );
  // A ClickHouse literal: nothing but escaped pairs and plain characters between two quotes.
  const literal = /^'(?:[^'\\\0]|\\[\\'0bfnrt])*'$/;
  fc.assert(
    fc.property(hostile, (text) => {
      const rendered = render('{{ String(a) }}', { a: text });
      expect(rendered).toMatch(literal);
      expect(render('{{ a }}', { a: text })).toBe(rendered);
      expect(render('{{ Array(a) }}', { a: [text, text] })).toBe(`[${rendered},${rendered}]`);
    }),
  );
});
