import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** How a service's log is made. */
export interface LoggerOptions {
  /** The service's name, on every line. */
  name: string;
  /** The lowest level that is written. (Default: `info`) */
  level?: string;
  /** Secret values that must not appear anywhere in a line, such as the keys from the options. */
  secrets?: readonly (string | undefined)[];
  /** Where lines go. (Default: standard output) */
  destination?: DestinationStream;
}

/** Keys whose values are replaced wherever a logged object carries them at its first two levels. */
const SECRET_KEYS = [
  'authorization',
  'cookie',
  'set-cookie',
  'apiKey',
  'apiSecret',
  'api_key',
  'api_secret',
  'secret',
  'password',
  'token',
];
// Shorter strings would also blot out ordinary words.
const SHORTEST_SECRET = 6;
const HIDDEN = '[redacted]';

/**
 * A JSON line logger (pino) that keeps secrets out twice over: by the name of the key, and by value,
 * since an upstream's error text may quote the very header that it was sent.
 */
export function createLogger(options: LoggerOptions): Logger {
  const hide = secretHider(options.secrets ?? []);
  return pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      redact: { paths: redactedPaths(), censor: HIDDEN },
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { streamWrite: hide },
    },
    options.destination ?? pino.destination({ sync: true }),
  );
}

function redactedPaths(): string[] {
  const quoted = SECRET_KEYS.map((key) => `["${key}"]`);
  return quoted.flatMap((key) => [key.replace(/^\["(\w+)"\]$/, '$1'), `*${key}`, `*.*${key}`]);
}

function secretHider(secrets: readonly (string | undefined)[]): (line: string) => string {
  const values = secrets.filter((value) => value !== undefined && value.length >= SHORTEST_SECRET);
  // A line is JSON, so a value with quotes or backslashes appears there in its escaped form.
  const forms = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]) as string[];
  return (line) => forms.reduce((text, form) => text.replaceAll(form, HIDDEN), line);
}
