import { randomBytes } from 'node:crypto';
import { tryFileLock } from '@prosora/service';
import * as z from 'zod';
import { CollectorError } from '../errors.ts';
import { readFileIfPresent, writeFileAtomically } from '../spool/atomic-file.ts';

/** Where salts are kept and when they change. */
export interface SaltsOptions {
  file: string;
  /** IANA name of the zone at whose midnight a new salt is drawn. */
  timeZone: string;
  /** How long after midnight the previous salt is kept, in milliseconds. (Default: 30 minutes) */
  graceMs?: number;
  /** Milliseconds since 1970, of a clock that does not jump: see ClockGuard. (Default: `Date.now`) */
  now?: () => number;
  /** Hears that the file was damaged and begun anew: visitors of today count twice. */
  onDamage?: () => void;
}

/** The salts of the moment. */
interface SaltsOfNow {
  current: string;
  /** Only within the grace after midnight. */
  previous: string | undefined;
  /** Whether midnight is nearer than the grace is long. */
  isBeforeChange: boolean;
}

/** The day's secret, without which an id says nothing about a visitor. */
export interface Salts {
  /**
   * Draws a new salt when the day has changed, and forgets the previous one when its grace is over.
   *
   * @throws CollectorError `SALTS_UNAVAILABLE` when that cannot be written.
   */
  ofNow(): SaltsOfNow;
}

const MINUTE_MS = 60_000;
/** By how much another process of the data directory may be ahead at midnight. */
const AHEAD_MS = 10 * MINUTE_MS;
const SALT_BYTES = 32;
/** The work under the lock is one small file. */
const LOCK_WAIT_MS = 5_000;

const savedSalts = z.object({
  day: z.iso.date(),
  salt: z.base64().length(44),
  previous: z.object({ salt: z.base64().length(44), untilMs: z.number() }).optional(),
});
type SavedSalts = z.output<typeof savedSalts>;

/**
 * Opens the salts of a data directory. The file is written before a salt is used, and only by the process
 * that holds its lock, which looks first whether another one has changed it already.
 */
export function openSalts(options: SaltsOptions): Salts {
  const { file, timeZone, graceMs = 30 * MINUTE_MS, now = Date.now, onDamage } = options;
  const dayAt = dayOf(timeZone);
  /** In milliseconds since 1970; clocks change by whole minutes. */
  const startOf = (today: string): number => {
    let start = now() - (now() % MINUTE_MS);
    while (dayAt(start - MINUTE_MS) === today) start -= MINUTE_MS;
    return start;
  };
  // Asked for each hit, and none of it changes within a minute.
  let minute = Number.NaN;
  let today = '';
  /** The day that begins within `AHEAD_MS`, mostly today. */
  let soon = '';
  let isBeforeChange = false;
  let saved = read(file, onDamage);

  /** @param next what the file should hold; the same object for no change */
  const change = (next: (onDisk: SavedSalts | undefined) => SavedSalts): SavedSalts => {
    try {
      using lock = tryFileLock(`${file}.lock`, LOCK_WAIT_MS);
      if (!lock) throw new Error(`another process keeps ${file}.lock`);
      const before = read(file);
      const after = next(before);
      if (after !== before) writeFileAtomically(file, JSON.stringify(after));
      return after;
    } catch (cause) {
      throw new CollectorError('SALTS_UNAVAILABLE', 'the new salt cannot be kept', { cause });
    }
  };
  // A day in the past as well as one that a wrong clock once showed.
  const isOver = (day: string): boolean => day !== today && day !== soon;
  const hasGrace = ({ untilMs }: NonNullable<SavedSalts['previous']>): boolean => {
    const leftMs = untilMs - now();
    return leftMs > 0 && leftMs <= graceMs + AHEAD_MS;
  };
  const startDay = (before: SavedSalts | undefined): SavedSalts => {
    if (before && !isOver(before.day)) return before;
    const next = { day: today, salt: randomBytes(SALT_BYTES).toString('base64') };
    // After a longer pause nobody is in the middle of a visit.
    if (before?.day !== dayAt(now() - graceMs)) return next;
    return { ...next, previous: { salt: before.salt, untilMs: startOf(today) + graceMs } };
  };
  const endGrace = (before: SavedSalts | undefined): SavedSalts => {
    if (!before) return startDay(before);
    const { previous, ...rest } = before;
    return previous && !hasGrace(previous) ? rest : before;
  };

  return {
    ofNow() {
      const minuteNow = Math.floor(now() / MINUTE_MS);
      if (minuteNow !== minute) {
        minute = minuteNow;
        today = dayAt(now());
        soon = dayAt(now() + AHEAD_MS);
        isBeforeChange = dayAt(now() + graceMs) !== today;
      }
      if (!saved || isOver(saved.day)) saved = change(startDay);
      if (saved.previous && !hasGrace(saved.previous)) saved = change(endGrace);
      return {
        current: saved.salt,
        previous: saved.previous?.salt,
        isBeforeChange: isBeforeChange && saved.day === today,
      };
    },
  };
}

/** UTC goes without Intl, whose data takes 8 MB of memory. */
function dayOf(timeZone: string): (ms: number) => string {
  if (timeZone === 'UTC') return (ms) => new Date(ms).toISOString().slice(0, 10);
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  return (ms) => format.format(ms);
}

function read(file: string, onDamage?: SaltsOptions['onDamage']): SavedSalts | undefined {
  const text = readFileIfPresent(file);
  if (text === undefined) return undefined;
  try {
    return savedSalts.parse(JSON.parse(text));
  } catch {
    onDamage?.();
    return undefined;
  }
}
