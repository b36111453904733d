import { type DestinationStream, type Logger, pino } from 'pino';
import { createSecretHider } from './secrets/hide-secrets.ts';

export type { Logger } from 'pino';

const hidingOf = new WeakMap<Logger, { secrets: string[]; hide: (line: string) => string }>();

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
  const hiding = { secrets, hide: createSecretHider(secrets) };
  const logger = pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { streamWrite: (line) => hiding.hide(line) },
    },
    options.destination ?? pino.destination({ sync: true }),
  );
  hidingOf.set(logger, hiding);
  return logger;
}

/**
 * Keeps further secrets out of what a logger and its children write, such as keys that were read again. Those before stay
 * out as well.
 *
 * @param logger of `createLogger`
 */
export function hideFurther(logger: Logger, secrets: readonly string[]): void {
  const hiding = hidingOf.get(logger);
  if (!hiding) return;
  hiding.secrets = [...new Set([...hiding.secrets, ...secrets])];
  hiding.hide = createSecretHider(hiding.secrets);
}
