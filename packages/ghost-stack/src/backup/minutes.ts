import type { Line } from '../repository/backups.ts';
import type { TakenPart } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import type { Tick } from '../repository/ticks.ts';
import { forgetCare, keepCare, readCare } from '../stack/care-files.ts';
import { closeLog, goesOn, type LogMark, logNumber } from './binary-log.ts';

const FILE = 'minutes.json';

/** From where the next tick goes on, so that it need not ask the repository. */
export interface Minutes extends LogMark {
  /** The backup that the ticks go on from. */
  run: string;
  log: string;
  /** The number of the last tick of that log. */
  tick: number;
  /** The first of the files that each tick has until there are many of them. */
  chapter: number;
  /** By part: the state of its stores when they were copied last, and the tick that has them. */
  states: Record<string, string>;
  copies: Record<string, number>;
  chartsAt: string;
}

/** Undefined where no backup is there to go on from, or none any more. */
export const readMinutes = (dir: string): Minutes | undefined => readCare<Minutes>(dir, FILE);

/** Keeps from where the next tick goes on. */
export const noteMinutes = (dir: string, minutes: Minutes): void => keepCare(dir, FILE, minutes);

/** What is in the database from now on does not follow from what is kept: only a whole backup goes on from there. */
export const breakMinutes = (dir: string): void => forgetCare(dir, FILE);

/**
 * Finds out where a dump stands in the log, and from where the first tick after it goes on. The log of the ticks before
 * is gone on with where it has no gap, so that no moment between them and the dump is lost.
 *
 * @returns undefined where the server keeps no log
 */
export async function lineFrom(
  place: Place,
  run: string,
  { binlog }: Pick<TakenPart, 'binlog'>,
  { moment, ticks }: { moment: Date; ticks: readonly Tick[] },
): Promise<{ line: Line; minutes: Minutes } | undefined> {
  if (binlog === undefined) return undefined;
  const former = readMinutes(place.dir);
  const from = logNumber(binlog.file);
  const log = await closeLog(place, [from, former?.next ?? from]);
  const { server, bornAt } = log;
  // Where there are ticks that it knows nothing of, the machine was set back to an earlier state of itself.
  const isPast = ticks.some((tick) => tick.log === former?.log && tick.number > former.tick);
  const before =
    former && !isPast && goesOn(log, former)
      ? former
      : { server, next: from, bornAt: bornAt[from] ?? 0, log: run, tick: 0, chapter: from };
  const minutes = { ...before, run, states: {}, copies: {}, chartsAt: moment.toISOString() };
  return { line: { log: minutes.log, from, after: minutes.tick, moment }, minutes };
}
