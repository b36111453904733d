import type { ClockDoubt } from './clock-doubt.ts';
import type { ClockRecord, SavedClock } from './clock-record.ts';
import { type MachineClocks, machineClocks } from './machine-clocks.ts';

/** How a guard is opened. */
export interface ClockGuardOptions {
  record: ClockRecord;
  /**
   * For a guard that never looked before: a time before which it cannot be, such as that of the newest row, in
   * milliseconds since 1970. (Default: the wall clock is believed)
   */
  notBeforeMs?: number | undefined;
  /** Default: the clocks of this machine. */
  clocks?: MachineClocks | undefined;
}

/**
 * The time for what cannot be undone.
 *
 * While the wall clock goes on as it should, `now`, `earliest` and `latest` are the wall clock's. After a jump `now`
 * goes on at the real rate from where it was, and the true time lies between the other two.
 */
export interface ClockGuard {
  /** Steady time, in milliseconds since 1970: for what happens once a day, such as drawing a new salt. */
  now(): number;
  /** For removing: what is old at this time is old. */
  earliest(): number;
  /** For relying on something: what is fresh at this time is fresh. `Infinity` while nobody can know. */
  latest(): number;
  /** Undefined while the wall clock is believed. */
  doubt(): ClockDoubt | undefined;
  /**
   * Hears what `trustClock` said in another process, looks at the clock, and keeps what it saw.
   *
   * @throws what the record throws
   */
  look(): Promise<void>;
  /** A person, or a witness such as the time in a vendor's signed message, says that the wall clock is right. */
  trust(): void;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** By how much a clock may be corrected within a day of uptime; NTP slews by 43 seconds a day at most. */
const TOLERANCE_MS = 5 * MINUTE_MS;
/** A machine that seems to have been off for longer has a wrong clock. */
const LONGEST_ABSENCE_MS = 62 * DAY_MS;
/** A time is asked for with each page hit, and a second more or less decides nothing. */
const RESOLUTION_MS = 1_000;

/**
 * Opens the guard and takes its first look.
 *
 * Within one start of the machine the wall clock is held against the uptime, and from one start to the next against
 * the last look. A jump of more than five minutes is doubted until the clock is back where it should be, or somebody
 * trusts it.
 *
 * @throws what the record throws
 */
export async function openClockGuard(options: ClockGuardOptions): Promise<ClockGuard> {
  const { record, notBeforeMs, clocks = machineClocks } = options;
  const saved = await record.read();
  const isSameBoot = saved?.bootId === clocks.bootId && clocks.uptimeMs() >= saved.uptimeMs;
  const known = isSameBoot ? saved : afterStart(clocks, saved, notBeforeMs);
  let { steadyMs, uptimeMs, anchorMs, suspectMs, anchoredAtMs, doubt } = known;
  let readAtWall = Number.NaN;

  function advance(): void {
    const wall = clocks.now();
    if (wall >= readAtWall && wall < readAtWall + RESOLUTION_MS) return;
    readAtWall = wall;
    const uptimeNow = Math.max(uptimeMs, clocks.uptimeMs());
    const goneOnMs = steadyMs + (uptimeNow - uptimeMs);
    uptimeMs = uptimeNow;
    const stepMs = wall - goneOnMs;
    const offsetMs = wall - uptimeMs;
    if (!isBelievable(stepMs, offsetMs)) {
      const isAbsenceUnknown = anchorMs === undefined && stepMs < 0;
      steadyMs = goneOnMs;
      doubt = { since: doubt?.since ?? goneOnMs, stepMs, isAbsenceUnknown };
      return;
    }
    doubt = undefined;
    // A small correction makes it stand still; back it goes for `trust` alone.
    steadyMs = Math.max(steadyMs, wall);
    if (anchorMs === undefined || uptimeMs - anchoredAtMs >= DAY_MS) anchor(offsetMs);
  }

  function isBelievable(stepMs: number, offsetMs: number): boolean {
    if (anchorMs !== undefined) return Math.abs(offsetMs - anchorMs) <= TOLERANCE_MS;
    const isAsBefore = suspectMs !== undefined && Math.abs(offsetMs - suspectMs) <= TOLERANCE_MS;
    return !isAsBefore && stepMs >= -TOLERANCE_MS && stepMs <= LONGEST_ABSENCE_MS;
  }

  function anchor(offsetMs: number): void {
    anchorMs = offsetMs;
    anchoredAtMs = uptimeMs;
    suspectMs = undefined;
  }

  function trust(): void {
    steadyMs = clocks.now();
    uptimeMs = Math.max(uptimeMs, clocks.uptimeMs());
    anchor(steadyMs - uptimeMs);
    doubt = undefined;
    readAtWall = Number.NaN;
  }

  async function look(): Promise<void> {
    if ((await record.read())?.isTrusted) trust();
    // A wall clock that stands still must not stop the steady one.
    readAtWall = Number.NaN;
    advance();
    const { bootId } = clocks;
    await record.write({ steadyMs, uptimeMs, bootId, anchorMs, anchoredAtMs, suspectMs, doubt });
  }

  await look();
  return {
    look,
    trust,
    now() {
      advance();
      return steadyMs;
    },
    earliest() {
      advance();
      return steadyMs + Math.min(0, doubt?.stepMs ?? 0);
    },
    latest() {
      advance();
      if (doubt?.isAbsenceUnknown) return Number.POSITIVE_INFINITY;
      return steadyMs + Math.max(0, doubt?.stepMs ?? 0);
    },
    doubt() {
      advance();
      return doubt;
    },
  };
}

/** Nothing is known of the time that the machine was off but its clock, unless that was doubted already. */
function afterStart(
  clocks: MachineClocks,
  saved: SavedClock | undefined,
  notBeforeMs: number | undefined,
): SavedClock {
  const wall = clocks.now();
  const uptimeMs = clocks.uptimeMs();
  const steadyMs = saved?.steadyMs ?? notBeforeMs ?? wall;
  const wrongBefore = saved?.doubt ? saved.steadyMs + saved.doubt.stepMs : undefined;
  const isAsBefore =
    wrongBefore !== undefined &&
    wall >= wrongBefore - TOLERANCE_MS &&
    wall <= wrongBefore + LONGEST_ABSENCE_MS;
  return {
    steadyMs,
    uptimeMs,
    bootId: clocks.bootId,
    anchorMs: undefined,
    anchoredAtMs: uptimeMs,
    suspectMs: isAsBefore ? wall - uptimeMs : undefined,
    doubt: saved?.doubt,
  };
}
