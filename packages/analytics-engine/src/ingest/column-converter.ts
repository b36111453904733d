/**
 * The value of an event as ClickHouse takes it for a column; undefined for one that does not fit.
 * ClickHouse itself would clamp a time out of range without a word.
 */
export type ColumnConverter = (value: unknown) => unknown;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?)?$/;

// The ranges of ClickHouse's types, in seconds since 1970.
const LAST_DATE_TIME = 2 ** 32 - 1;
const LAST_DATE = 65_535 * 86_400;
const FIRST_DATE_TIME_64 = Date.UTC(1900, 0, 1) / 1000;
const LAST_DATE_TIME_64 = Date.UTC(2299, 11, 31, 23, 59, 59) / 1000;
/** Its ticks are an Int64: of nanoseconds there are fewer years. */
const LAST_TICK = 2n ** 63n - 1n;

/** The converter for a ClickHouse type; a type without a rule here is left to ClickHouse. */
export function columnConverter(type: string): ColumnConverter {
  const bare = unwrapped(type);
  const integer = /^(U?)Int(8|16|32|64)$/.exec(bare);
  if (integer) return toInteger(Number(integer[2]), integer[1] === '');
  if (bare === 'Float32') return toFloat((value) => Math.fround(value));
  if (bare === 'Float64') return toFloat((value) => value);
  if (bare === 'String') return toText;
  if (bare === 'Bool' || bare === 'Boolean') return toBoolean;
  if (bare === 'UUID')
    return (value) => (typeof value === 'string' && UUID.test(value) ? value : undefined);
  if (bare === 'Date') return toTime(0, LAST_DATE, (time) => time.day);
  if (/^DateTime\b/.test(bare)) {
    return toTime(0, LAST_DATE_TIME, (time) => `${time.day} ${time.clock}`);
  }
  if (/^DateTime64\b/.test(bare)) {
    const [, precision = '3'] = /\(\s*(\d)/.exec(bare) ?? [];
    const lastTick = Number(LAST_TICK / 10n ** BigInt(precision)) - 1;
    return toTime(
      FIRST_DATE_TIME_64,
      Math.min(LAST_DATE_TIME_64, lastTick),
      (time) => `${time.day} ${time.clock}${time.fraction}`,
    );
  }
  return (value) => value;
}

function unwrapped(type: string): string {
  const inner = /^(?:LowCardinality|Nullable)\((.*)\)$/.exec(type.trim())?.[1];
  return inner === undefined ? type.trim() : unwrapped(inner);
}

/** An object or list in a text column is kept as its JSON. */
function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : jsonOf(value);
}

/** Undefined for what is nested more deeply than JavaScript can write it. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function toInteger(bits: number, isSigned: boolean): ColumnConverter {
  return (value) => {
    if (typeof value === 'number' ? !Number.isSafeInteger(value) : !isIntegerText(value))
      return undefined;
    const exact = BigInt(value as number | string);
    const wrapped = isSigned ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact);
    return wrapped === exact ? String(exact) : undefined;
  };
}

function isIntegerText(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value);
}

/** @param held the number as the type holds it */
function toFloat(held: (value: number) => number): ColumnConverter {
  return (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(held(number)) ? number : undefined;
  };
}

function toBoolean(value: unknown): boolean | undefined {
  if (value === true || value === 1 || value === 'true') return true;
  return value === false || value === 0 || value === 'false' ? false : undefined;
}

interface Time {
  day: string;
  clock: string;
  /** With its point, or empty. */
  fraction: string;
}

/** Reads ISO 8601, `YYYY-MM-DD hh:mm:ss` (as UTC), a day, or whole seconds since 1970. */
function toTime(first: number, last: number, render: (time: Time) => string): ColumnConverter {
  return (value) => {
    const [, day, clock = '00:00:00', fraction = '', zone = 'Z'] =
      typeof value === 'string' ? (TIME.exec(value) ?? []) : [];
    if (!day && !Number.isInteger(value)) return undefined;
    const seconds = day ? Date.parse(`${day}T${clock}${zone}`) / 1000 : Number(value);
    if (!(seconds >= first && seconds <= last)) return undefined;
    const utc = new Date(seconds * 1000).toISOString();
    // 31 June is a date to Date.parse on some engines, and another day.
    if (zone === 'Z' && day && !utc.startsWith(day)) return undefined;
    return render({ day: utc.slice(0, 10), clock: utc.slice(11, 19), fraction });
  };
}
