import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import type { ClockDoubt } from './clock-doubt.ts';

/** What a guard keeps from one process to the next; all times in milliseconds. */
export interface SavedClock {
  /** Steady time at the last look, since 1970. */
  steadyMs: number;
  /** The machine's uptime at the last look. */
  uptimeMs: number;
  /** The start of the machine from which the uptime counts. */
  bootId: string;
  /** How far the wall clock was ahead of the uptime when it was last believed, if it was since that start. */
  anchorMs?: number | undefined;
  /** The uptime at that moment. */
  anchoredAtMs: number;
  /** How far ahead of the uptime it was when the machine started with the same wrong clock as before. */
  suspectMs?: number | undefined;
  doubt?: ClockDoubt | undefined;
  /** Set by `trustClock`, until the guard hears it at its next look. */
  isTrusted?: boolean | undefined;
  /** Names the last time that a person trusted the clock, where it is kept with the rest. */
  said?: string | undefined;
  /** Names the last such time that a guard heard; for one that starts later it is past. */
  heard?: string | undefined;
}

/** Where a guard's state is kept. */
export interface ClockRecord {
  /** Undefined when no guard has looked yet, or what is there cannot be read. */
  read(): Promise<SavedClock | undefined> | SavedClock | undefined;
  write(saved: SavedClock): Promise<void> | void;
}

const doubt = z.object({ since: z.number(), stepMs: z.number(), isAbsenceUnknown: z.boolean() });
const savedClock = z.object({
  steadyMs: z.number(),
  uptimeMs: z.number(),
  bootId: z.string(),
  anchorMs: z.optional(z.number()),
  anchoredAtMs: z.number(),
  suspectMs: z.optional(z.number()),
  doubt: z.optional(doubt),
  isTrusted: z.optional(z.boolean()),
  said: z.optional(z.string()),
  heard: z.optional(z.string()),
});

/** Reads what `JSON.stringify` made of a saved clock; undefined for anything else. */
export function parseSavedClock(text: string): SavedClock | undefined {
  try {
    return savedClock.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Keeps the state in a file, which is replaced whole. Its folder must exist. What a person says stands in a file
 * beside it, so that a guard which writes at that moment does not write over it. It stays, under a name of its own,
 * for there may be several guards: each hears it once, and one that starts later not at all.
 *
 * @param parse For a file that another version wrote in a form of its own.
 */
export function fileClockRecord(file: string, parse = parseSavedClock): ClockRecord {
  const trustFile = `${file}.trusted`;
  const hearing = createHearing();
  return {
    async read() {
      const saved = parse((await readIfThere(file)) ?? '');
      return hearing.listen(saved, await readIfThere(trustFile));
    },
    async write({ isTrusted, ...saved }) {
      if (isTrusted) return await writeFile(trustFile, randomUUID(), { mode: 0o600 });
      // Processes of two containers may have one number.
      const draft = `${file}.${randomUUID()}.draft`;
      const heard = hearing.latest();
      await writeFile(draft, JSON.stringify({ ...saved, heard }), { mode: 0o600 });
      await rename(draft, file);
      hearing.keep();
    },
  };
}

/** What one guard has heard of a person who trusts the clock, while others write the same record. */
export function createHearing() {
  let heard: string | undefined;
  let latest: string | undefined;
  let isFirst = true;
  return {
    /** What was read, and whether something was said that this guard has not heard. */
    listen(saved: SavedClock | undefined, said: string | undefined): SavedClock | undefined {
      if (isFirst) heard = saved?.heard;
      isFirst = false;
      latest = said ?? heard;
      return saved && { ...saved, ...(latest !== heard && { isTrusted: true }) };
    },
    /** What will have been heard once what is being written is kept. */
    latest: () => latest,
    keep(): void {
      heard = latest;
    },
  };
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Says for a person that the wall clock is right; the guard of a running service hears it within a minute, that of
 * a stopped one when it starts. Resolves to false when no guard has looked yet, so that there is nothing to say.
 *
 * @throws what the record throws
 */
export async function trustClock(record: ClockRecord): Promise<boolean> {
  const saved = await record.read();
  if (saved) await record.write({ ...saved, isTrusted: true });
  return saved !== undefined;
}
