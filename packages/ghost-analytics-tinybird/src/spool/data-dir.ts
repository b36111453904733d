import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tryFileLock } from '@prosora/service';
import { CollectorError } from '../errors.ts';

/** What one process alone writes: its spool and what belongs to that. */
export interface Lane extends Disposable {
  dir: string;
  spool: string;
  checkpoint: string;
  deadLetters: string;
}

/** The files of a data directory as one of its processes has them. */
export interface DataDir extends Disposable {
  /** Of this process. */
  lane: Lane;
  /** Of all. */
  salts: string;
  midnightVisitors: string;
}

/** More processes than that on one folder are a mistake. */
const MAX_LANES = 64;
const LANE = /^lane-\d+$/;

/**
 * Takes a place in a data directory: the folder itself, or `lane-1`, `lane-2` … in it while others have that.
 *
 * @throws CollectorError `DATA_DIR_TAKEN` when there are too many others, `DATA_DIR_UNUSABLE`
 */
export function takeDataDir(dir: string): DataDir {
  const lane = takeFirstFree(dir);
  return {
    lane,
    salts: join(dir, 'salts.json'),
    midnightVisitors: join(dir, 'midnight-visitors'),
    [Symbol.dispose]: () => lane[Symbol.dispose](),
  };
}

function takeFirstFree(dir: string): Lane {
  for (let number = 0; number < MAX_LANES; number += 1) {
    const lane = takeLane(number === 0 ? dir : join(dir, `lane-${number}`));
    if (lane) return lane;
  }
  throw new CollectorError('DATA_DIR_TAKEN', `${MAX_LANES} collectors use ${dir}.`, {
    help: 'Stop some, or set PROSORA_COLLECTOR_DATA_DIR to another folder.',
  });
}

/** The folders of all lanes that were ever taken, the data directory itself first. */
export function laneDirsIn(dir: string): string[] {
  const lanes = existsSync(dir) ? readdirSync(dir).filter((entry) => LANE.test(entry)) : [];
  return [dir, ...lanes.sort().map((lane) => join(dir, lane))];
}

/** Size of a lane's spool, which another process may be writing to and deleting from. */
export function spoolBytesIn(laneDir: string): number {
  const folder = join(laneDir, 'spool');
  if (!existsSync(folder)) return 0;
  const sizes = readdirSync(folder).map(
    (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Where the dead letters of a lane are. */
export function deadLettersIn(laneDir: string): string {
  return join(laneDir, 'dead-letters.db');
}

/**
 * Takes a lane for this process alone, `undefined` while another one has it.
 *
 * @throws CollectorError `DATA_DIR_UNUSABLE`
 */
export function takeLane(dir: string): Lane | undefined {
  const lock = lockOf(dir);
  if (!lock) return undefined;
  return {
    dir,
    spool: join(dir, 'spool'),
    checkpoint: join(dir, 'checkpoint'),
    deadLetters: deadLettersIn(dir),
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

function lockOf(dir: string): Disposable | undefined {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return tryFileLock(join(dir, 'lock'));
  } catch (cause) {
    throw new CollectorError('DATA_DIR_UNUSABLE', `The folder ${dir} cannot be written to.`, {
      help: 'Check PROSORA_COLLECTOR_DATA_DIR and who owns the folder.',
      cause,
    });
  }
}
