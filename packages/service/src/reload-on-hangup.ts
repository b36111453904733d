import type { Logger } from 'pino';
import { hideFurther } from './logger.ts';

/**
 * Takes on what a service can change while it runs, at each SIGHUP, as daemons do. What cannot be read leaves all as it
 * was, and the log says so.
 *
 * @param reload reads it and puts it to use, or throws; returns the secrets in it, which no line will show
 */
export function reloadOnHangup(logger: Logger, reload: () => readonly string[]): void {
  process.on('SIGHUP', () => {
    try {
      hideFurther(logger, reload());
      logger.info({ event: 'service.reloaded' }, 'the keys were read again');
    } catch (err) {
      logger.error({ event: 'service.not-reloaded', err }, 'the keys could not be read again');
    }
  });
}
