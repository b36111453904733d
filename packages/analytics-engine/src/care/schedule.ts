import { setTimeout as delay } from 'node:timers/promises';
import type { ClockGuard, Logger } from '@prosora/service';
import type { Care } from './care.ts';

/** What is due by itself. */
export interface ScheduleOptions {
  care: Care;
  clock: ClockGuard;
  /** 0 for never. */
  backupHours: number;
  retentionMonths: number;
  logger: Logger;
}

const FIRST_LOOK_MS = 60_000;
const LOOK_EVERY_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

/** Looks at what is due a minute after the start and then every ten minutes, until the signal. */
export async function keepCare(options: ScheduleOptions, signal: AbortSignal): Promise<void> {
  for (let ms = FIRST_LOOK_MS; ; ms = LOOK_EVERY_MS) {
    await delay(ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await doWhatIsDue(options);
  }
}

/**
 * Counts, backs up and removes what is due. Failures are logged, and tried again at the next look.
 *
 * Each backup gives up the oldest, so they are taken by steady time: a clock that jumps about does not replace
 * the good ones by copies of one hour. After a person has set steady time back, the newest seems to be of the
 * future, which is no reason not to take one.
 */
export async function doWhatIsDue(options: ScheduleOptions): Promise<void> {
  const { care, clock, backupHours, retentionMonths, logger } = options;
  await attempt('counting', () => care.count());

  const newest = (await care.backups().catch(() => [])).at(-1)?.createdAt.getTime();
  const isBackupDue =
    backupHours > 0 &&
    (newest === undefined || Math.abs(clock.now() - newest) >= backupHours * HOUR_MS);
  if (isBackupDue) {
    await attempt('the backup', async () => {
      const { name, rows } = await care.backup();
      logger.info({ event: 'backup.made', backup: name, rows }, 'made a backup');
    });
  }

  if (retentionMonths === 0) return;
  await attempt('removing old events', async () => {
    const removed = await care.retention();
    if (removed.length > 0) logger.warn({ event: 'hits.removed', removed }, 'removed old events');
  });

  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      logger.error({ event: 'care.failed', err: error }, `${what} failed`);
    }
  }
}
