import { join } from 'node:path';
import {
  type ClockDoubt,
  type ClockRecord,
  fileClockRecord,
  parseSavedClock,
  type SavedClock,
  sentenceOf,
} from '@prosora/service';
import * as z from 'zod';

/** What engines before the guard of all services wrote at each look, doubted or not. */
const formerClock = z.object({ lastLook: z.number().nonnegative(), isDoubted: z.boolean() });
/** No engine looked at a clock before it was written. */
const FIRST_ENGINE = Date.UTC(2026, 0, 1);

/** The state of the clock's guard in a data directory, also as an engine before this one left it. */
export function clockRecordOf(dataDir: string): ClockRecord {
  const parse = (text: string) => parseSavedClock(text) ?? parseFormer(text);
  return fileClockRecord(join(dataDir, 'clock.json'), parse);
}

function parseFormer(text: string): SavedClock | undefined {
  try {
    return savedOf(formerClock.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

/**
 * Of a start of the machine that is over, so that the clock is held against the last look. A clock that was
 * doubted goes on being so: when it jumped is not known, but it was after the first engine was made.
 */
function savedOf({ lastLook, isDoubted }: z.output<typeof formerClock>): SavedClock {
  const steadyMs = isDoubted ? Math.min(lastLook, FIRST_ENGINE) : lastLook;
  return {
    steadyMs,
    uptimeMs: 0,
    bootId: '',
    anchoredAtMs: 0,
    doubt: isDoubted
      ? { since: steadyMs, stepMs: lastLook - steadyMs, isAbsenceUnknown: false }
      : undefined,
  };
}

/** What a person reads while the clock is doubted: in `doctor`, in `status` and in the log. */
export function clockSentence(doubt: ClockDoubt): string {
  return `${sentenceOf(doubt)} Until it is believed, only events are removed that are old whatever the time is. Set it right, or run \`prosora-engine trust-clock\` if it is.`;
}
