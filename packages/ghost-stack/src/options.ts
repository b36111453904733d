import { resolve } from 'node:path';
import { listenerOptions, type Options, operatorOptions, pick } from '@prosora/service';
import * as z from 'zod';

/** What the command itself is told; the stack's own settings stand in its `.env`. */
export const stackOptions = {
  dir: {
    env: 'PROSORA_STACK_DIR',
    description: 'The folder of the stack: the one with its docker-compose.yml.',
    schema: z
      .string()
      .default('.')
      .transform((dir) => resolve(dir)),
    defaultText: 'the folder that the command is started in',
    example: '/srv/blog',
  },
} satisfies Options;

/** `03:15` for each day, `sun 04:45` for once a week; with seconds where they matter. */
const CLOCK_TIME = /^((mon|tue|wed|thu|fri|sat|sun) )?([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/;

/** Whether the machine knows it by that name. */
export function isTimezone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }) !== undefined;
  } catch {
    return false;
  }
}

const clockTime = (name: string, standard: string, what: string) => ({
  env: `PROSORA_OPS_${name}_AT`,
  description: `When ${what}; off for never.`,
  schema: z
    .string()
    .refine((text) => text === 'off' || CLOCK_TIME.test(text), 'use 03:15, sun 04:45 or off')
    .transform((text) => (text === 'off' ? undefined : text))
    .prefault(standard),
  defaultText: standard,
});

/** As VictoriaMetrics takes it too, as far as it makes sense. */
const SPAN = /^([1-9]\d{0,2})(s|m)$/;
const MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000 };

/** In milliseconds. */
const span = (name: string, standard: string, description: string) => ({
  env: `PROSORA_OPS_${name}`,
  description,
  schema: z
    .string()
    .regex(SPAN, 'use 15s or 1m')
    .transform((text) => {
      const [, number, unit = ''] = SPAN.exec(text) ?? [];
      return Number(number) * (MS[unit] ?? 0);
    })
    .prefault(standard),
  defaultText: standard,
});

/** In minutes; each is a whole part of an hour. */
const BACKUP_EVERY = ['1', '2', '3', '5', '10', '15', '20', '30', '60'];

/** What the service `ops` is told by docker-compose.yml. */
export const opsOptions = {
  dataDir: {
    env: 'PROSORA_OPS_DATA_DIR',
    description: 'Folder for what was done when, and for the tokens of the operator API.',
    schema: z.string().default('/data'),
  },
  ...pick(
    listenerOptions({ prefix: 'PROSORA_OPS', callers: 'nobody', port: 0, privatePort: 4501 }),
    ...(['privateHost', 'privatePort', 'logLevel'] as const),
  ),
  ...operatorOptions('PROSORA_OPS'),
  timeZone: {
    env: 'PROSORA_OPS_TIMEZONE',
    description: 'Whose clock the times below are read on.',
    schema: z.string().refine(isTimezone, 'not a time zone').default('UTC'),
    example: 'Europe/Berlin',
  },
  backupAt: clockTime('BACKUP', '03:15', 'a backup is taken'),
  backupEvery: {
    env: 'PROSORA_OPS_BACKUP_EVERY',
    description: 'How many minutes lie between two looks at what was written since; off for never.',
    schema: z.enum([...BACKUP_EVERY, 'off']).optional(),
    defaultText: '1 where the backups are on this server, 15 where they are elsewhere',
  },
  verifyAt: clockTime('VERIFY', 'wed 04:45', 'the newest is read as a restore would'),
  drillAt: clockTime('DRILL', 'sun 04:45', 'the newest is restored where nobody sees it'),
  updateAt: clockTime('UPDATE', '04:15', 'newer images are looked for'),
  scrapeMs: span(
    'WATCH_EVERY',
    '15s',
    'How often the service `metrics` reads what is told of the stack; what is told is as new.',
  ),
  alertsToken: {
    env: 'PROSORA_OPS_ALERTS_TOKEN',
    description:
      'What Alertmanager shows as it posts alerts; two, joined by a comma, while it changes. Without it none are taken.',
    schema: z.string().optional(),
    secret: true,
  },
  calmMs: span(
    'CALM',
    '10m',
    'How long an alert has to be over until people are told, so that one that comes and goes is told once.',
  ),
  silenceMs: span(
    'SILENCE',
    '5m',
    'After how long without the alert that fires always people are told that no alert can come.',
  ),
  logsDir: {
    env: 'PROSORA_OPS_LOGS_DIR',
    description: 'Folder for log lines, which are kept while the profile `watch` runs.',
    schema: z.string().default('/logs'),
  },
  logDays: {
    env: 'PROSORA_OPS_LOG_DAYS',
    description: 'For how many days log lines are kept.',
    schema: z.coerce.number().int().min(1).default(30),
  },
  logMb: {
    env: 'PROSORA_OPS_LOG_MB',
    description:
      'How many megabytes they may take; the service with the most loses its oldest first.',
    schema: z.coerce.number().int().min(50).default(1000),
  },
} satisfies Options;
