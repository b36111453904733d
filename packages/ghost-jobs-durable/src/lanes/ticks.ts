/** The part of Ghost's `@breejs/later` that is used. */
export interface Later {
  parse: { cron(expression: string, hasSeconds: boolean): unknown };
  schedule(parsed: unknown): {
    next(count: number, from?: Date): Date | Date[] | 0;
    prev(count: number, from?: Date): Date | Date[] | 0;
  };
}

/** When a job is due, by the expression that Ghost gives. */
export interface Ticks {
  /** The last tick at or before a moment, in ms; 0 when there was none. */
  last(now: number): number;
  /** The first one after a moment; `Infinity` when there will be none. */
  next(now: number): number;
  /** Whether ticks are less than an hour apart: then the next one makes up for one that was missed. */
  isFrequent(now: number): boolean;
}

/** Reads a cron expression as Ghost does, with the library and the time zone that Ghost has. */
export function createTicks(later: Later, cron: string): Ticks {
  const schedule = later.schedule(later.parse.cron(cron, fieldsOf(cron).length >= 6));
  const first = (found: Date | Date[] | 0, none: number) => {
    const date = Array.isArray(found) ? found[0] : found;
    // Of a moment within the second of a tick, it gives that moment.
    return date ? Math.floor(date.getTime() / 1_000) * 1_000 : none;
  };
  const next = (now: number) =>
    first(schedule.next(1, new Date(now + 1_000)), Number.POSITIVE_INFINITY);
  return {
    last: (now) => first(schedule.prev(1, new Date(now)), 0),
    next,
    isFrequent: (now) => next(next(now)) - next(now) < 3_600_000,
  };
}

/**
 * Whether two expressions differ only in the moments that Ghost draws anew at each boot (`4 22 2 * * *`): then the one
 * that is kept stays, or a site that restarts daily might never come to its tick.
 */
export function isSameSchedule(one: string, other: string): boolean {
  const shape = (cron: string) => fieldsOf(cron).map((field) => field.replace(/^\d+$/, 'n'));
  return shape(one).join(' ') === shape(other).join(' ');
}

const fieldsOf = (cron: string): string[] => cron.trim().split(/\s+/);
