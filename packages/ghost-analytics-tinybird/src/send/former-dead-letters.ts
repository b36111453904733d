import { createReadStream, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readFileIfPresent } from '../spool/atomic-file.ts';
import { deadLettersIn, laneDirsIn, takeLane } from '../spool/data-dir.ts';
import { type DeadLetter, deadLetterSchema, writeDeadLetters } from './dead-letters.ts';

/** The oldest do not say of which kind they are. */
const formerLetter = deadLetterSchema.extend({
  kind: deadLetterSchema.shape.kind.default('refused'),
});
/** Letters that are written together. */
const AT_ONCE = 1_000;

/**
 * Takes over the dead letters that collectors before this one kept as lines of JSON, without those that were replayed.
 * The lanes of other processes are theirs. One that is killed on its way is gone on with at the next start.
 */
export async function takeFormerLetters(dataDir: string, ownLaneDir: string): Promise<void> {
  for (const dir of laneDirsIn(dataDir)) {
    using lane = dir === ownLaneDir ? undefined : takeLane(dir);
    if (lane || dir === ownLaneDir) await takeFrom(dir);
  }
}

async function takeFrom(laneDir: string): Promise<void> {
  const former = join(laneDir, 'dead-letters.ndjson');
  if (!existsSync(former)) return;
  const replayed = new Set((readFileIfPresent(`${former}.replayed`) ?? '').split('\n'));
  let letters: DeadLetter[] = [];
  const flush = (): void => {
    writeDeadLetters(deadLettersIn(laneDir), letters);
    letters = [];
  };
  for await (const line of createInterface({ input: createReadStream(former) })) {
    const letter = parse(line);
    if (letter && !replayed.has(letter.batch)) letters.push(letter);
    if (letters.length === AT_ONCE) flush();
  }
  flush();
  rmSync(former);
  rmSync(`${former}.replayed`, { force: true });
}

/** `undefined` for an empty line and for one that a crash cut off. */
function parse(line: string): DeadLetter | undefined {
  try {
    return formerLetter.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
