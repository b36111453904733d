import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import * as z from 'zod';
import { readFileIfPresent } from '../spool/atomic-file.ts';

const deadLetter = z.object({
  /** When it was given up. */
  at: z.iso.datetime(),
  /** The range it came from, `segment:from-to`. */
  batch: z.string(),
  /**
   * `refused`: the upstream has none of it. `halfway`, `quarantined`: it has the rows, or most of them,
   * and to send them again doubles these.
   */
  kind: z.enum(['refused', 'halfway', 'quarantined']).default('refused'),
  /** Where the rows were sent, when not where page hits are. */
  datasource: z.string().optional(),
  /** What the upstream said. */
  reason: z.string(),
  /** The rows as they were sent. */
  rows: z.array(z.unknown()),
});

/** Rows that the upstream will not take. */
export type DeadLetter = z.output<typeof deadLetter>;

/** Adds a line to the file; it is on disk when this returns. */
export function writeDeadLetter(file: string, letter: DeadLetter): void {
  const handle = openSync(file, 'a', 0o600);
  try {
    // The newline in front ends a line that a crash cut off.
    appendFileSync(handle, `\n${JSON.stringify(letter)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Reads the file without what was replayed. A letter that was written twice because of a crash is there
 * once.
 */
export function readDeadLetters(file: string): DeadLetter[] {
  const byBatch = new Map<string, DeadLetter>();
  for (const line of (readFileIfPresent(file) ?? '').split('\n')) {
    const letter = parse(line);
    if (letter) byBatch.set(letter.batch, letter);
  }
  const replayed = readFileIfPresent(replayedIn(file)) ?? '';
  for (const batch of replayed.split('\n')) byBatch.delete(batch);
  return [...byBatch.values()];
}

/** Notes that a letter was sent after all. The file of letters itself belongs to the collector that runs. */
export function markReplayed(file: string, { batch }: DeadLetter): void {
  appendFileSync(replayedIn(file), `${batch}\n`, { mode: 0o600 });
}

function replayedIn(file: string): string {
  return `${file}.replayed`;
}

/** `undefined` for an empty line and for one that a crash cut off. */
function parse(line: string): DeadLetter | undefined {
  try {
    return deadLetter.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
