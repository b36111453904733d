import { type Html, html } from './html.ts';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const UNITS = [
  ['d', DAY_MS],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', SECOND_MS],
] as const;

/**
 * A moment in the site's time zone, with all of it in the title: `1 Dec, 14:03`, with its year where that is another one.
 * A dash where there is none.
 */
export function when(iso: string | null | undefined, zone: string): Html {
  const moment = new Date(iso ?? Number.NaN);
  if (Number.isNaN(moment.getTime())) return html`–`;
  const whole = formatOf(zone, 'long').format(moment);
  const short = timeInWords(moment.toISOString(), zone);
  return html`<time datetime="${moment.toISOString()}" title="${whole}">${short}</time>`;
}

/** The same for a sentence. */
export function timeInWords(iso: string, zone: string): string {
  const partsOf = (moment: Date) =>
    Object.fromEntries(
      formatOf(zone, 'short')
        .formatToParts(moment)
        .map(({ type, value }) => [type, value]),
    );
  const { day, month, year, hour, minute } = partsOf(new Date(iso));
  const other = year === partsOf(new Date())['year'] ? '' : ` ${year}`;
  return `${day} ${month}${other}, ${hour}:${minute}`;
}

/** How long ago something was, in its largest unit: `6 h ago`. */
export function ago(iso: string | number, now = Date.now()): string {
  return `${lasted(Math.max(0, now - new Date(iso).getTime()))} ago`;
}

/** A stretch of time in its largest unit: `6 h`. */
export function lasted(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? ['s', SECOND_MS];
  return `${Math.floor(ms / size)} ${unit}`;
}

/**
 * The moment that somebody in the site's time zone means by what a `datetime-local` field has: `2026-12-01T14:03`. Of an
 * hour that comes twice it is the first; anything else is handed on as it is, for the service to refuse by name.
 */
export function momentOf(text: string | undefined, zone: string): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) return text;
  const meant = Date.parse(`${text}Z`);
  if (Number.isNaN(meant)) return text;
  // By the offset of the day before first, which an hour that comes twice has when it first comes.
  const [first, second] = [-DAY_MS, DAY_MS].map((away) => meant - offsetAt(meant + away, zone));
  const moment = [first, second].find((ms = 0) => ms + offsetAt(ms, zone) === meant) ?? first;
  return new Date(moment ?? meant).toISOString();
}

/** What a `datetime-local` field shows of a moment; a text that is none stays as it is. */
export function localOf(iso: string, zone: string): string {
  const ms = Date.parse(iso);
  const shown = new Date(Number.isNaN(ms) ? ms : ms + offsetAt(ms, zone));
  // Time ends, and then in some zone before it does in another.
  return Number.isNaN(shown.getTime()) ? iso : shown.toISOString().slice(0, 16);
}

function offsetAt(ms: number, zone: string): number {
  const whole = Math.floor(ms / SECOND_MS) * SECOND_MS;
  const parts = Object.fromEntries(
    formatOf(zone, 'parts')
      .formatToParts(whole)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day, hour, minute, second } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
}

const FORMATS = {
  short: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  },
  long: { dateStyle: 'full', timeStyle: 'long', hourCycle: 'h23' },
  parts: {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** Making one takes a hundred times as long as using it. */
const made = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, kind: keyof typeof FORMATS): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  const known = made.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', { ...FORMATS[kind], timeZone: zone });
  made.set(key, format);
  return format;
}
