import type { BreakerState, Settlement, WorkerEvent } from '@prosora/durable';
import type { Logger } from '@prosora/service';

/** How grave it is that an attempt ended so. */
const LEVELS = {
  done: 'info',
  retry: 'warn',
  park: 'warn',
  ambiguous: 'error',
  dead: 'error',
} as const satisfies Record<Settlement['kind'], string>;

/** Writes what the worker tells. */
export function logDelivery(logger: Logger, event: WorkerEvent): void {
  switch (event.type) {
    case 'settled': {
      const { job, settlement, tookMs } = event;
      const line = { id: job.id, attempt: job.attempt, tookMs, ...settlement };
      logger[LEVELS[settlement.kind]]({ event: 'delivery.ended', ...line }, 'a delivery ended');
      break;
    }
    case 'lease-lost':
      logger.warn(
        { event: 'delivery.taken-over', id: event.job.id },
        'another process has taken the delivery over',
      );
      break;
    case 'store-failed':
      logger.error({ event: 'store.failed', err: event.error }, 'the inbox cannot be used now');
      break;
  }
}

/** Writes when deliveries stop and when they go on. */
export function logBreaker(logger: Logger, state: BreakerState): void {
  if (state === 'open')
    logger.error({ event: 'ghost.unwell' }, 'Ghost is not well: deliveries wait');
  if (state === 'closed')
    logger.info({ event: 'ghost.well' }, 'Ghost is well again: deliveries go on');
}
