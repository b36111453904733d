import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@prosora/service';
import type { Care } from './care.ts';
import type { ClockState } from './clock-state.ts';

/** What is due by itself. */
export interface ScheduleOptions {
  care: Care;
  clock: ClockState;
  /** 0 for never. */
  backupHours: number;
  retentionMonths: number;
  now: () => Date;
  logger: Logger;
}

const FIRST_LOOK_MS = 60_000;
const LOOK_EVERY_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A clock further ahead of the last look than this is not believed when it comes to removing. */
const LONGEST_ABSENCE_MS = 62 * DAY_MS;

/** Looks at what is due a minute after the start and then every ten minutes, until the signal. */
export async function keepCare(options: ScheduleOptions, signal: AbortSignal): Promise<void> {
  for (let ms = FIRST_LOOK_MS; ; ms = LOOK_EVERY_MS) {
    await delay(ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await doWhatIsDue(options);
  }
}

/**
 * Counts, backs up and removes what is due by the clock. Failures are logged, and tried again at the next
 * look.
 *
 * A clock that jumps ahead would make every event old at once. So removing waits for a person when the
 * clock is more than 62 days after the last look, and a backup that seems to be of the future is no
 * reason not to take one.
 */
export async function doWhatIsDue(options: ScheduleOptions): Promise<void> {
  const { care, clock, backupHours, retentionMonths, logger } = options;
  const now = options.now().getTime();
  await attempt('counting', () => care.count());

  const newest = (await care.backups().catch(() => [])).at(-1)?.createdAt.getTime();
  const isBackupDue =
    backupHours > 0 && (newest === undefined || Math.abs(now - newest) >= backupHours * HOUR_MS);
  if (isBackupDue) {
    await attempt('the backup', async () => {
      const { name, rows } = await care.backup();
      logger.info({ backup: name, rows }, 'backed up');
    });
  }

  const state = await clock.read();
  const isBelieved =
    state === undefined || (!state.isDoubted && now - state.lastLook <= LONGEST_ABSENCE_MS);
  if (!isBelieved && !state.isDoubted) {
    logger.error(
      { lastLook: new Date(state.lastLook), now: new Date(now) },
      'the clock has jumped: nothing old is removed until `prosora-engine retention` is run by hand',
    );
  }
  await clock.write({ lastLook: now, isDoubted: !isBelieved });
  if (retentionMonths === 0 || !isBelieved) return;
  await attempt('removing old events', async () => {
    const removed = await care.retention();
    if (removed.length > 0) logger.warn({ removed }, 'removed old events');
  });

  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      logger.error({ err: error }, `${what} failed`);
    }
  }
}
