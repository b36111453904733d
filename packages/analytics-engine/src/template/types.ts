import { EngineError } from '../errors.ts';
import type { Sql } from './value.ts';

type Converter = (text: string) => Sql | string | undefined;

const INTEGER_BITS = [8, 16, 32, 64, 128, 256];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:?\d{2})?$/;
const DATE_TIME_64 = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?$/;

/** What each type makes of a parameter's text; undefined for a text that does not fit. */
const CONVERTERS: Readonly<Record<string, Converter>> = {
  String: (text) => text,
  Symbol: (text) => text,
  UUID: (text) => (UUID.test(text) ? text : undefined),
  Date: (text) => (DATE.test(text) && isCalendarDate(text) ? text : undefined),
  DateTime: (text) => (DATE_TIME.test(text) && isCalendarDate(text) ? text : undefined),
  DateTime64: (text) => (DATE_TIME_64.test(text) && isCalendarDate(text) ? text : undefined),
  Boolean: toBoolean,
  Float32: (text) => toFloat(text, 'toFloat32'),
  Float64: (text) => toFloat(text, 'toFloat64'),
  ...Object.fromEntries(
    INTEGER_BITS.flatMap((bits) => [
      [`Int${bits}`, (text: string) => toInteger(text, bits, true)],
      [`UInt${bits}`, (text: string) => toInteger(text, bits, false)],
    ]),
  ),
  Integer: (text) => toInteger(text, 32, true),
};

/** The types a parameter can be declared with. */
export const TYPE_NAMES: readonly string[] = Object.keys(CONVERTERS);

/** Whether a parameter can be declared with that type. */
export function isTypeName(name: string): boolean {
  return Object.hasOwn(CONVERTERS, name);
}

/**
 * A parameter's text as a value of its declared type.
 *
 * @throws EngineError `PARAMETER_INVALID`, in Tinybird's words.
 */
export function convert(type: string, text: string, shownAs: string): Sql | string {
  const value = CONVERTERS[type]?.(text);
  if (value !== undefined) return value;
  throw new EngineError(
    'PARAMETER_INVALID',
    `Template Syntax Error: Error validating '${shownAs}' to type ${type}`,
  );
}

function toInteger(text: string, bits: number, isSigned: boolean): Sql | undefined {
  if (!/^[+-]?\d{1,78}$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  const fits = isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  if (fits !== value) return undefined;
  const cast = `to${isSigned ? 'Int' : 'UInt'}${bits}`;
  return { kind: 'sql', text: `${cast}('${value}')`, value: Number(value) };
}

function toFloat(text: string, cast: string): Sql | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  return { kind: 'sql', text: `${cast}('${text}')`, value: Number(text) };
}

function toBoolean(text: string): Sql | undefined {
  if (/^(true|1)$/i.test(text)) return { kind: 'sql', text: '1', value: true };
  return /^(false|0)$/i.test(text) ? { kind: 'sql', text: '0', value: false } : undefined;
}

function isCalendarDate(text: string): boolean {
  const day = text.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
