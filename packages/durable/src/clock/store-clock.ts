import type { Clock } from './clock.ts';

/** The store's own time: what is written into rows and compared with them. */
export interface StoreClock {
  /** Milliseconds on the store's time, never less than before. */
  now(): number;
  /** A wall-clock moment on the store's time, so that the remaining wait is the same on both. */
  fromDate(date: Date): number;
  /** The reverse of `fromDate`, for what people read. */
  toDate(ms: number): Date;
  /** Goes on from `mark`, when another process has written a later time than this one has. */
  catchUp(mark: number): void;
}

/**
 * Time that goes on when the machine's clock steps back.
 *
 * Standing still until the clock has caught up would stall every lease and retry by the size of the
 * step, and following it would hand out jobs whose lease still runs. So a step back is added to an
 * offset, and time goes on from where it was. `mark` is the time last written by an earlier process:
 * a step during a restart is cured the same way.
 */
export function createStoreClock(clock: Pick<Clock, 'now'>, mark: number): StoreClock {
  let latest = clock.now();
  let offsetMs = Math.max(0, mark - latest);

  function read(): number {
    const wall = clock.now();
    if (wall < latest) offsetMs += latest - wall;
    latest = wall;
    return wall + offsetMs;
  }

  return {
    now: read,
    fromDate(date) {
      read();
      return date.getTime() + offsetMs;
    },
    toDate: (ms) => new Date(ms - offsetMs),
    catchUp(mark) {
      const now = read();
      offsetMs += Math.max(0, mark - now);
    },
  };
}
