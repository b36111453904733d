import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import * as z from 'zod';
import { readFileIfPresent } from './atomic-file.ts';

const deadLetter = z.object({
  /** When it was given up. */
  at: z.iso.datetime(),
  /** The range it came from, `segment:from-to`. */
  batch: z.string(),
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

/** Reads the file. A letter that was written twice because of a crash is there once. */
export function readDeadLetters(file: string): DeadLetter[] {
  const byBatch = new Map<string, DeadLetter>();
  for (const line of (readFileIfPresent(file) ?? '').split('\n')) {
    const letter = parse(line);
    if (letter) byBatch.set(letter.batch, letter);
  }
  return [...byBatch.values()];
}

/** `undefined` for an empty line and for one that a crash cut off. */
function parse(line: string): DeadLetter | undefined {
  try {
    return deadLetter.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
