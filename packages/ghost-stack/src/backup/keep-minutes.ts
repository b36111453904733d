import { every, ProsoraError } from '@prosora/service';
import { noteBackups, readNotes } from '../repository/notes.ts';
import { takeRepository } from '../repository/open-repository.ts';
import type { Place } from '../repository/place.ts';
import { COPIED, tagsOfCharts, tagsOfTick } from '../repository/ticks.ts';
import { closeLog, goesOn, logFile } from './binary-log.ts';
import { copyEngine } from './copy-engine.ts';
import { copyStores, forgetCopies, keepParts, READ_ALL } from './keep-volumes.ts';
import { type Minutes, noteMinutes, readMinutes } from './minutes.ts';
import { DATABASE, ENGINE, LOGS, partOf, placeOf, type VolumePart } from './parts.ts';

/**
 * Each tick has the files of its chapter, so that a restore has to open few snapshots. A chapter is over once it has so
 * many files, or so much in them, since all of it is read for every tick.
 */
const CHAPTER_FILES = 60;
const CHAPTER_BYTES = 16 * 2 ** 20;
const CHARTS_MS = 3_600_000;

/** What was kept by a tick. */
export interface Kept {
  /** The backup that it goes on from. */
  run: string;
  /** All that was written before is kept. */
  moment: Date;
  /** Nothing, where nothing was written since the tick before. */
  parts: string[];
  /** The service whose store is gone: the copy from before stays the newest. */
  missing?: string | undefined;
}

/**
 * Keeps what was written since the last tick, in the order on which a restored site depends: the inbox, the binary log of
 * the database, the mail bridge. It counts once its one snapshot is kept. Once an hour the charts follow.
 *
 * @param tell hears of what is kept
 * @returns undefined where the database is elsewhere, of which there are dumps alone
 * @throws ProsoraError `BUSY` while another run is at the backups; `BACKUP_NONE`, `BACKUP_GAP` where a whole backup has
 * to come first; `LOG_OFF` where that helps nothing; `STORE_MISSING` once all else is kept; what Docker and restic throw
 */
export async function keepMinutes(
  place: Place,
  tell: (line: string) => void,
): Promise<Kept | undefined> {
  // Files of the log are read where the server writes them.
  if (place.databaseElsewhere) return undefined;
  using _turn = await takeRepository(place);
  return await keepWithTurn(place, tell);
}

/** The same for a caller that has the repository for itself. */
export async function keepWithTurn(
  place: Place,
  tell: (line: string) => void,
): Promise<Kept | undefined> {
  if (place.databaseElsewhere) return undefined;
  try {
    const minutes = readMinutes(place.dir);
    if (minutes === undefined) throw nothingToGoOnFrom(place.dir);
    const kept = await keepTick(place, minutes);
    if (await keepCharts(place, minutes)) kept.parts.push('charts');
    noteBackups(place.dir, {
      minutes: { run: kept.run, at: kept.moment.toISOString() },
      minutesFailure: undefined,
    });
    for (const name of kept.parts) tell(`${name} is kept.`);
    if (kept.missing) throw noStore(kept.missing);
    return kept;
  } catch (error) {
    noteBackups(place.dir, { minutesFailure: (error as Error).message });
    throw error;
  }
}

/** Whoever has ticks made has made one within this time: it is more than `BACKUP_EVERY` can be. */
const LATELY_MS = 65 * 60_000;
const MEANWHILE_MS = 60_000;

/**
 * Goes on keeping each minute what is written while another run, which has the repository for itself, takes long. Where
 * nobody has ticks made there are none. Why one fails it notes, and `ops` tells of it.
 */
export function keepMeanwhile(place: Place): AsyncDisposable | undefined {
  const at = Date.parse(readNotes(place.dir).minutes?.at ?? '');
  if (!(Math.abs(Date.now() - at) < LATELY_MS)) return undefined;
  const keep = () => keepWithTurn(place, () => {});
  return every(MEANWHILE_MS, keep, () => {});
}

async function keepTick(place: Place, minutes: Minutes): Promise<Kept> {
  const number = minutes.tick + 1;
  const parts: VolumePart[] = [];
  const states = { ...minutes.states };
  const copies = { ...minutes.copies };
  let missing: string | undefined;
  const copyChanged = async (name: string) => {
    const { state, rows } = await copyStores(place, partOf(name), states[name]);
    if (state === states[name]) return;
    if (place.services.includes(name) && Object.keys(rows).length === 0) {
      missing = name;
      return;
    }
    states[name] = state;
    copies[name] = number;
    parts.push(partOf(name));
  };
  await copyChanged(COPIED.inbox);
  const moment = new Date();
  const log = await closeLog(place, [minutes.next]);
  if (!goesOn(log, minutes)) throw gap();
  await copyChanged(COPIED.bridge);

  const next = log.files.at(-1)?.number ?? 0;
  const between = (first: number, end: number) =>
    log.files.filter((file) => file.number >= first && file.number < end);
  const former = between(minutes.chapter, minutes.next);
  const bytes = former.reduce((sum, file) => sum + file.bytes, 0);
  const isOver = former.length >= CHAPTER_FILES || bytes > CHAPTER_BYTES;
  const chapter = isOver ? minutes.next : minutes.chapter;
  const files = next > minutes.next ? between(chapter, next) : [];
  if (files.length > 0) parts.push(LOGS);
  const names = parts.map(({ name }) => name);
  if (parts.length === 0) return { run: minutes.run, moment, parts: names, missing };

  const { run, log: name } = minutes;
  const tick = { run, log: name, number, moment, from: next - files.length, to: next - 1, copies };
  // A number is given once, though the tick be killed that had it.
  noteMinutes(place.dir, { ...minutes, tick: number });
  const folder = placeOf(DATABASE, 'db_data');
  await keepParts(place, parts, {
    tags: tagsOfTick(tick),
    more: files.map((file) => `!${folder}/${logFile(file.number)}`),
    // Among thousands of snapshots nothing is found: each of these files is new.
    words: READ_ALL,
  });
  const bornAt = log.bornAt[next] ?? 0;
  Object.assign(minutes, { tick: number, chapter, states, copies, next, bornAt });
  noteMinutes(place.dir, minutes);
  return { run, moment, parts: names, missing };
}

/** @returns whether an hour had gone since the last time */
async function keepCharts(place: Place, minutes: Minutes): Promise<boolean> {
  // Of another hour, also where the clock went back.
  const isDue = Math.abs(Date.now() - Date.parse(minutes.chartsAt)) >= CHARTS_MS;
  if (!isDue || !place.services.includes(ENGINE.name)) return false;
  const collector = partOf('analytics');
  const spools = await copyStores(place, collector);
  const { engineBackup = '', leftOut } = await copyEngine(place);
  const moment = new Date();
  const tags = tagsOfCharts({ run: minutes.run, moment, engineBackup });
  const kept = { tags, more: [...spools.leftOut, ...leftOut], words: READ_ALL };
  await keepParts(place, [collector, ENGINE], kept);
  noteMinutes(place.dir, { ...minutes, chartsAt: moment.toISOString() });
  // They hold back the space of what was sent meanwhile.
  await forgetCopies(place, [collector]);
  return true;
}

function nothingToGoOnFrom(dir: string): ProsoraError {
  if (readNotes(dir).newest?.hasNoLog) {
    return new ProsoraError('LOG_OFF', 'The database keeps no binary log.', {
      help: 'Take `--skip-log-bin` away from it, or set BACKUP_EVERY=off.',
    });
  }
  return new ProsoraError('BACKUP_NONE', 'There is no backup to go on from.', {
    help: 'Take one: `prosora backup now`.',
  });
}

const noStore = (service: string): ProsoraError =>
  new ProsoraError('STORE_MISSING', `The volume of ${service} has no store in it any more.`, {
    help: `All else is kept. \`prosora restore --only ${service}\` puts it back.`,
  });

const gap = (): ProsoraError =>
  new ProsoraError(
    'BACKUP_GAP',
    'The binary log of the database does not go on from where it was kept: files of it are gone, or it is another database.',
    { help: '`prosora backup now` begins anew; what was kept until now stays.' },
  );
