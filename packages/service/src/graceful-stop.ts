import type { Logger } from 'pino';

/** What stopping involves. */
export interface GracefulStopOptions {
  /** Finishes or releases what the service holds. */
  stop: () => Promise<void>;
  /** After this the process ends even if `stop` has not. (Default: 10,000 ms, what Docker grants) */
  graceMs?: number;
  logger: Logger;
}

/**
 * Ends the process well on SIGTERM and SIGINT: `stop` runs once, exit code 0 when it finished in
 * time and 1 when it did not or failed. A second signal ends the process at once.
 */
export function stopGracefully({ stop, graceMs = 10_000, logger }: GracefulStopOptions): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ event: 'service.stopping', signal }, 'stopping');
    const late = setTimeout(() => {
      logger.error({ event: 'service.stuck', graceMs }, 'did not stop in time');
      process.exit(1);
    }, graceMs);
    late.unref();
    stop().then(
      () => {
        logger.info({ event: 'service.stopped' }, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ event: 'service.not-stopped', err: error }, 'failed to stop');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
}
