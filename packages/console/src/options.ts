import { listenerOptions, type Option, type Options } from '@prosora/service';
import * as z from 'zod';

const httpUrl = z.url({ protocol: /^https?$/ });

/** The two options of a part: where its operator API is, and what opens it. */
function part<const Name extends string>(
  name: Name,
  variable: string,
  { description, example }: { description: string; example: string },
) {
  const url = {
    env: `PROSORA_CONSOLE_${variable}_URL`,
    description: `The private listener of ${description}.`,
    schema: z.optional(httpUrl),
    example,
    defaultText: 'the site has none',
  };
  const token = {
    env: `PROSORA_CONSOLE_${variable}_TOKEN`,
    description: `The operator token of ${description}, the one for reading and changing.`,
    schema: z.optional(z.string().min(32)),
    secret: true,
    defaultText: 'none, which no part takes',
  };
  return { [`${name}Url`]: url, [`${name}Token`]: token } as {
    [K in `${Name}Url` | `${Name}Token`]: Option<z.ZodOptional<z.ZodString>>;
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
  ...part('mail', 'MAIL', {
    description: '`prosora-mail`',
    example: 'http://mail:4201',
  }),
  ...part('payments', 'PAYMENTS', {
    description: '`prosora-stripe`',
    example: 'http://webhooks:4301',
  }),
  ...part('visits', 'VISITS', {
    description: '`prosora-collector`',
    example: 'http://analytics:4401',
  }),
  ...part('engine', 'ENGINE', {
    description: '`prosora-engine`',
    example: 'http://engine:7182',
  }),
  ...part('cdn', 'CDN', {
    description: '`prosora-cdn`',
    example: 'http://cdn:4601',
  }),
  ...part('ops', 'OPS', {
    description:
      '`prosora ops`, which the backups, updates, jobs and media of the stack are asked through',
    example: 'http://ops:4501',
  }),
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
