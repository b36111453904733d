import { stripVTControlCharacters } from 'node:util';

/** A line of a container's log. */
export interface LogLine {
  service: string;
  /** When Docker took it, as an ISO time with nanoseconds: texts that sort by time. */
  time: string;
  level: Level;
  text: string;
}

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** Numbers of pino and of Ghost's own logger: https://getpino.io/#/docs/api?id=logger-level */
const WARN = 40;
const ERROR = 50;
const INFO = 30;
/** What no reader needs in each line of JSON. */
const LEFT_OUT = new Set(['level', 'time', 'ts', 'msg', 'pid', 'hostname', 'name', 'v', 'logger']);

/**
 * Reads what `docker compose logs --no-color --timestamps` prints, in the order of time. Lines of JSON, which our
 * services, Ghost and Caddy write, become sentences.
 */
export function readLogs(printed: string): LogLine[] {
  // Colours, and what a stranger's request might tell this terminal to do.
  return stripVTControlCharacters(printed)
    .split('\n')
    .flatMap((line) => {
      const [, container = '', time = '', text = ''] =
        /^(\S+)\s+\| (\d\S+Z) ?(.*)$/.exec(line) ?? [];
      return container === '' ? [] : [{ service: serviceOf(container), time, ...rendered(text) }];
    })
    .sort(byTime);
}

export const byTime = (a: LogLine, b: LogLine): number =>
  a.time < b.time ? -1 : Number(a.time > b.time);

/** `mail-1` of the service `mail`. */
const serviceOf = (container: string): string => container.replace(/-\d+$/, '');

function rendered(text: string): Pick<LogLine, 'level' | 'text'> {
  const row = objectIn(text);
  if (row === undefined) return { level: levelOfText(text), text };
  const { err, ...fields } = row;
  const rest = Object.entries(fields)
    .filter(([key]) => !LEFT_OUT.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const fault = (err as { message?: string } | undefined)?.message;
  const sentence = [row['msg'], fault].filter(Boolean).join(': ');
  return {
    level: levelOf(row['level']),
    text: stripVTControlCharacters([sentence, ...rest].filter(Boolean).join(' ')),
  };
}

function objectIn(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function levelOf(level: unknown): Level {
  if (typeof level === 'string') return LEVELS.find((known) => known === level) ?? 'error';
  if (typeof level !== 'number') return 'info';
  if (level >= ERROR) return 'error';
  if (level >= WARN) return 'warn';
  return level >= INFO ? 'info' : 'debug';
}

/** MySQL, Redis and what a program says as it dies write plain lines. */
function levelOfText(text: string): Level {
  if (/\b(error|fatal|panic)\b/i.test(text)) return 'error';
  return /\bwarn(ing)?\b/i.test(text) ? 'warn' : 'info';
}
