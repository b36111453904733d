import { type DestinationStream, type Logger, pino } from 'pino';
import { createSecretHider } from './secrets/hide-secrets.ts';

export type { Logger } from 'pino';

/** How a service's log is made. */
export interface LoggerOptions {
  /** The service's name, on every line. */
  name: string;
  /** The lowest level that is written. (Default: `info`) */
  level?: string;
  /** Secret values that must not appear anywhere in a line: `secretsOf` takes them from the options. */
  secrets?: readonly (string | undefined)[];
  /** Where lines go. (Default: standard output) */
  destination?: DestinationStream;
}

/**
 * A JSON line logger (pino) that keeps secrets out twice over: by the name of the key, and by value,
 * since an upstream's error text may quote the very header that it was sent.
 */
export function createLogger(options: LoggerOptions): Logger {
  const secrets = (options.secrets ?? []).filter((secret) => secret !== undefined);
  return pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { streamWrite: createSecretHider(secrets) },
    },
    options.destination ?? pino.destination({ sync: true }),
  );
}
