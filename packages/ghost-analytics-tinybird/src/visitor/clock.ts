import { join } from 'node:path';
import {
  type ClockDoubt,
  type ClockRecord,
  fileClockRecord,
  type Logger,
  sentenceOf,
  trustClock,
} from '@prosora/service';
import { laneDirsIn } from '../spool/data-dir.ts';

/**
 * Where a lane keeps what it knows of the clock. A lane that has not looked yet begins with what the data directory
 * knows. What cannot be written, as on a full disk, is only logged: what waits there must be sent all the same.
 */
export function clockRecordOf(dataDir: string, laneDir: string, logger: Logger): ClockRecord {
  const own = recordIn(laneDir);
  return {
    read: async () => (await own.read()) ?? (await recordIn(dataDir).read()),
    async write(saved) {
      try {
        await own.write(saved);
      } catch (error) {
        logger.error(
          { event: 'clock.not-kept', err: error },
          'what is known of the clock cannot be kept',
        );
      }
    },
  };
}

/** The jump that a collector of the data directory saw, of the first one that did. */
export async function clockDoubtIn(dataDir: string): Promise<ClockDoubt | undefined> {
  for (const laneDir of laneDirsIn(dataDir)) {
    const saved = await recordIn(laneDir).read();
    if (saved?.doubt && !saved.isTrusted) return saved.doubt;
  }
  return undefined;
}

/**
 * Says to all collectors of the data directory that the clock is right.
 *
 * @returns whether any has looked at it yet
 */
export async function trustClockIn(dataDir: string): Promise<boolean> {
  const heard = await Promise.all(laneDirsIn(dataDir).map((dir) => trustClock(recordIn(dir))));
  return heard.includes(true);
}

/** What a jump means here, and what to do about it. */
export function adviceOn(doubt: ClockDoubt): [sentence: string, remedy: string] {
  return [
    `${sentenceOf(doubt)} Visitor ids change as if it had not.`,
    'Set the clock right, or, if it is right, run prosora-collector trust-clock.',
  ];
}

function recordIn(laneDir: string): ClockRecord {
  return fileClockRecord(join(laneDir, 'clock.json'));
}
