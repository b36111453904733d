import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@prosora/durable';
import {
  type ClockDoubt,
  type ClockGuard,
  type ClockRecord,
  fileClockRecord,
  type MachineClocks,
  machineClocks,
  openClockGuard,
  type SavedClock,
  sentenceOf,
} from '@prosora/service';

/** Where the inbox is. */
export interface ClockPlace {
  dataDir: string;
  databaseUrl?: string | undefined;
}

/** How the guard of an inbox's clock is opened. */
export interface InboxClockOptions extends ClockPlace {
  /** When the newest event came in; asked where no guard has looked before. */
  newestEventAt: () => Promise<number | undefined>;
  /**
   * Hears why what was seen cannot be kept, as on a full disk; what waits there has to be delivered all the same.
   * (Default: a verb beside `serve`, which looks and keeps nothing, since it may run as another user)
   */
  onFault?: (error: unknown) => void;
  clocks?: MachineClocks;
}

/** What the guard of an inbox keeps. Where several machines share an inbox, each has a clock of its own. */
export function clockRecordOf({ dataDir, databaseUrl }: ClockPlace): ClockRecord {
  const name = databaseUrl === undefined ? 'clock.json' : `clock-${hostname()}.json`;
  return fileClockRecord(join(dataDir, name));
}

/**
 * Opens the guard of the inbox's clock: what is old, what is over and when to try again goes by it, and never by a
 * wall clock that jumped.
 *
 * @throws what `newestEventAt` throws, and what reading the record does
 */
export async function openInboxClock(options: InboxClockOptions): Promise<ClockGuard> {
  const { dataDir, newestEventAt, onFault, clocks = machineClocks } = options;
  const record = clockRecordOf(options);
  const isKnown = (await record.read()) !== undefined;
  const notBeforeMs = isKnown ? undefined : await newestEventAt();
  const write = async (saved: SavedClock): Promise<void> => {
    if (onFault === undefined) return;
    try {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      await record.write(saved);
    } catch (error) {
      onFault(error);
    }
  };
  return openClockGuard({ record: { read: record.read, write }, notBeforeMs, clocks });
}

/** The guard's steady time as a clock of queues; the guard's own tells whole seconds apart, and this each millisecond. */
export function steadyClock(
  guard: Pick<ClockGuard, 'doubt'>,
  { now }: Pick<MachineClocks, 'now'> = machineClocks,
): Clock {
  return { now: () => now() - (guard.doubt()?.stepMs ?? 0), sleep: systemClock.sleep };
}

/** Stripe's signature holds for so long, so a new event that it has just signed tells what time it is. */
const SIGNED_WITHIN_MS = 300_000;

/** Takes the time in a new event's signature for a witness: a wall clock that agrees with it is right. */
export function hearWitness(
  guard: Pick<ClockGuard, 'doubt' | 'trust'>,
  signedAtSeconds: number,
  wallNow: number,
): void {
  const isRight = Math.abs(wallNow - signedAtSeconds * 1_000) <= SIGNED_WITHIN_MS;
  if (isRight && guard.doubt() !== undefined) guard.trust();
}

/** What a person reads of a doubt. */
export function clockSentence(doubt: ClockDoubt): string {
  return `${sentenceOf(doubt)} Nothing is deleted meanwhile that is not old whatever the time is.`;
}

/** What to do about it. */
export const CLOCK_REMEDY =
  'Set the clock right, or run `prosora-stripe trust-clock` if it is; the next event that Stripe signs says so, too.';

/** Both, where there is one text. */
export function adviceOn(doubt: ClockDoubt): string {
  return `${clockSentence(doubt)} ${CLOCK_REMEDY}`;
}
