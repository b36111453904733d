import { listenerOptions, type Option, type Options } from '@prosora/service';
import * as z from 'zod';
import { PART_NAMES, PARTS, type Part } from './services/parts.ts';

const httpUrl = z.url({ protocol: /^https?$/ });

/** What a part is asked for, where its name does not say so. */
const ASKED_FOR: Partial<Record<Part, string>> = {
  ops: ', which the backups, updates, jobs and media of the stack are asked through',
};

/** Of every part two options: where its operator API is, and what opens it. */
function placesOfParts() {
  const options = PART_NAMES.map((part) => {
    const { command, service, port } = PARTS[part];
    const env = `PROSORA_CONSOLE_${part.toUpperCase()}`;
    const whose = `\`${command}\`${ASKED_FOR[part] ?? ''}`;
    return {
      [`${part}Url`]: {
        env: `${env}_URL`,
        description: `The private listener of ${whose}.`,
        schema: z.optional(httpUrl),
        example: `http://${service}:${port}`,
        defaultText: 'the site has none',
      },
      [`${part}Token`]: {
        env: `${env}_TOKEN`,
        description: `The operator token of ${whose}, the one for reading and changing.`,
        schema: z.optional(z.string().min(32)),
        secret: true,
        defaultText: 'none, which no part takes',
      },
    };
  });
  return Object.assign({}, ...options) as {
    [Name in `${Part}Url` | `${Part}Token`]: Option<z.ZodOptional<z.ZodString>>;
  };
}

/** The options of the console, each described once. */
export const consoleOptions = {
  adminUrl: {
    env: 'PROSORA_CONSOLE_ADMIN_URL',
    description:
      'The public address of Ghost Admin, without `/ghost`: forms are taken from there alone.',
    schema: httpUrl,
    example: 'https://admin.example.com',
  },
  ghostUrl: {
    env: 'PROSORA_CONSOLE_GHOST_URL',
    description: 'Where Ghost itself listens: it says who somebody is.',
    schema: httpUrl,
    example: 'http://ghost:2368',
  },
  ...placesOfParts(),
  metricsUrl: {
    env: 'PROSORA_CONSOLE_METRICS_URL',
    description: 'The HTTP API of Prometheus or VictoriaMetrics, for what was some hours ago.',
    schema: z.optional(httpUrl),
    example: 'http://metrics:8428',
    defaultText: 'no courses are shown',
  },
  zone: {
    env: 'PROSORA_CONSOLE_TIMEZONE',
    description: 'The time zone in which times are shown, as IANA names it; that of the site.',
    schema: z.string().refine(isZone, 'is no time zone').default('UTC'),
    example: 'Europe/Berlin',
  },
  ...listenerOptions({
    prefix: 'PROSORA_CONSOLE',
    callers: 'the edge',
    port: 4700,
    privatePort: 4701,
  }),
} satisfies Options;

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
