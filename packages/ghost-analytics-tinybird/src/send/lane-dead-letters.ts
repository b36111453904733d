import { basename } from 'node:path';
import { deadLettersIn, laneDirsIn } from '../spool/data-dir.ts';
import { type DeadLetter, findDeadLetter, readDeadLetters } from './dead-letters.ts';

/** A dead letter, and where it is. */
export interface PlacedLetter {
  /** Its place among those of all lanes: `LANE:NUMBER`, where lane 0 is the data directory itself. */
  key: string;
  file: string;
  letter: DeadLetter;
}

/** What a key looks like. */
export const LETTER_KEY = /^\d{1,3}:\d{1,15}$/;

/** The dead letters of all lanes of a data directory after a key, lane by lane, each read when it is asked for. */
export function* lettersAfter(dataDir: string, key = '0:0'): Generator<PlacedLetter> {
  const [fromLane = 0, fromNumber = 0] = key.split(':').map(Number);
  for (const { lane, file } of filesOf(dataDir)) {
    if (lane < fromLane) continue;
    for (const { number, letter } of readDeadLetters(file, lane === fromLane ? fromNumber : 0)) {
      yield { key: `${lane}:${number}`, file, letter };
    }
  }
}

/** The dead letter of a batch, whose name is of one lane alone. */
export function findLetter(dataDir: string, batch: string): PlacedLetter | undefined {
  for (const { lane, file } of filesOf(dataDir)) {
    const letter = findDeadLetter(file, batch);
    if (letter) return { key: `${lane}:0`, file, letter };
  }
  return undefined;
}

function filesOf(dataDir: string): { lane: number; file: string }[] {
  return laneDirsIn(dataDir)
    .map((dir, index) => ({
      lane: index === 0 ? 0 : Number(basename(dir).split('-')[1]),
      file: deadLettersIn(dir),
    }))
    .sort((a, b) => a.lane - b.lane);
}
