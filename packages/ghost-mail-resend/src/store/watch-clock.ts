import {
  addClockMetrics,
  keepLooking,
  type Logger,
  type Registry,
  sentenceOf,
} from '@prosora/service';
import type { OpenedMailStore } from './store.ts';

/**
 * Looks at the clock now and every so many ms, and tells of a jump in the log and by a metric. Returns what ends it.
 *
 * A store that cannot be written keeps nobody from looking.
 */
export async function watchClock(
  { guard, store, keepIn }: Pick<OpenedMailStore, 'guard' | 'store' | 'keepIn'>,
  registry: Registry,
  logger: Logger,
  everyMs: number,
): Promise<() => void> {
  const onFault = (error: unknown) =>
    logger.error(
      { event: 'clock.not-kept', err: error },
      'what is known of the clock cannot be kept',
    );
  keepIn(store);
  await guard.look().catch(onFault);
  addClockMetrics(registry, guard);
  return keepLooking(guard, {
    onDoubt: (doubt) => logger.error({ event: 'clock.jumped', ...doubt }, sentenceOf(doubt)),
    onBelieved: () => logger.info({ event: 'clock.believed' }, 'the clock is believed again'),
    onFault,
    everyMs,
  });
}
