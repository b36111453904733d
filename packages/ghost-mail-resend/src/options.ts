import {
  listenerOptions,
  type Options,
  OptionsError,
  type OptionValues,
  operatorOptions,
} from '@prosora/service';
import * as z from 'zod';
import type { Site } from './accept/authenticate.ts';
import type { MailPlace } from './store/store.ts';

/** A comma-separated list. */
const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
  .refine((items) => items.length > 0, 'is empty');

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
}

/** Enough that nobody guesses it: `openssl rand` makes one of hex, 4 bits a character. */
const MIN_KEY_CHARS = 24;
/** Of 24 characters of hex that are drawn there are fewer than eight different ones once in a million times. */
const MIN_DIFFERENT_CHARS = 8;
const HOW_TO_MAKE_A_KEY = 'make one with "openssl rand -hex 24"';

/** A key that a Ghost is known by. */
const apiKey = z
  .string()
  .min(MIN_KEY_CHARS)
  .refine((key) => new Set(key).size >= MIN_DIFFERENT_CHARS, 'repeats a few characters');

/** One, or two while it changes. */
const apiKeys = list.pipe(z.array(apiKey).min(1).max(2));

/** Of Standard Webhooks 24 to 64 bytes; an empty one would let anybody sign. */
const MIN_SECRET_BYTES = 16;

const sitesSchema = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[\w-]{1,128}$/),
      apiKey,
      domains: z.array(z.string().min(1)).min(1),
      senders: z.array(z.string().min(1)).min(1).optional(),
    }),
  )
  .min(1)
  .refine(
    (sites) => new Set(sites.map(({ name }) => name)).size === sites.length,
    'two have one name',
  )
  .refine(
    (sites) => new Set(sites.map(({ apiKey }) => apiKey)).size === sites.length,
    'two have one key',
  );

function isSigningSecret(secret: string): boolean {
  const [, base64] = /^(?:whsec_)?([A-Za-z0-9+/]+=*)$/.exec(secret) ?? [];
  return base64 !== undefined && Buffer.from(base64, 'base64').length >= MIN_SECRET_BYTES;
}

const listener = listenerOptions({
  prefix: 'PROSORA_MAIL',
  callers: 'Ghost and the webhooks of Resend',
  host: '0.0.0.0',
  port: 4200,
  privatePort: 4201,
});

const operator = operatorOptions('PROSORA_MAIL');

/** Every option of the `prosora-mail` service. */
export const mailOptions = {
  resendApiKey: {
    env: 'RESEND_API_KEY',
    description:
      'Key of your Resend team. With "Full access" members that Ghost enables again are also taken off the suppression list of Resend; "Sending access" is enough for everything else.',
    schema: z.string().min(1),
    secret: true,
  },
  resendBaseUrl: {
    env: 'RESEND_BASE_URL',
    description: 'Origin of the API of Resend.',
    schema: z
      .url()
      .transform((url) => url.replace(/\/+$/, ''))
      .default('https://api.resend.com'),
    example: 'http://127.0.0.1:4102',
  },
  webhookSecrets: {
    env: 'RESEND_WEBHOOK_SECRET',
    description:
      'Signing secret of the webhook at Resend; several, separated by commas, while one is being replaced. "prosora-mail setup" makes the webhook and keeps its secret itself.',
    schema: list
      .refine(
        (secrets) => secrets.every(isSigningSecret),
        'expected whsec_ and base64 of at least 16 bytes',
      )
      .default([]),
    defaultText: 'the one that setup made',
    secret: true,
  },
  apiKey: {
    env: 'PROSORA_MAIL_API_KEY',
    description: `What Ghost sends as its Mailgun key (bulkEmail.mailgun.apiKey) and as its SMTP password: at least ${MIN_KEY_CHARS} characters, ${HOW_TO_MAKE_A_KEY}; two, separated by a comma, while it changes. Read again at SIGHUP. Required unless PROSORA_MAIL_SITES is set.`,
    schema: apiKeys.optional(),
    defaultText: 'required',
    secret: true,
  },
  domains: {
    env: 'PROSORA_MAIL_DOMAINS',
    description:
      'Domains that Ghost may name as its Mailgun domain (bulkEmail.mailgun.domain), separated by commas. Required unless PROSORA_MAIL_SITES is set.',
    schema: list.optional(),
    defaultText: 'required',
    example: 'example.com',
  },
  sites: {
    env: 'PROSORA_MAIL_SITES',
    description:
      'Several Ghosts on one bridge, in place of the two above: JSON, a list of sites with name, apiKey and domains. A site sends from its domains, what is below them and what is directly above one, or from its "senders" where they are given; the domain of another site is refused.',
    schema: z.string().transform(parseJson).pipe(sitesSchema).default([]),
    defaultText: 'one site, from the two above',
    example:
      '[{"name":"one","apiKey":"24-random-characters-or-more","domains":["one.example.com"]}]',
    secret: true,
  },
  databaseUrl: {
    env: 'PROSORA_MAIL_DATABASE_URL',
    description:
      'A MySQL 8 or MariaDB database that several processes share, in place of the file in the data folder.',
    schema: z.url({ protocol: /^mysql$/ }).optional(),
    defaultText: 'the file',
    example: 'mysql://mail:secret@db:3306/mail',
    secret: true,
  },
  publicUrl: {
    env: 'PROSORA_MAIL_PUBLIC_URL',
    description:
      'Origin at which the public reaches the bridge. "prosora-mail setup" tells Resend to report there, and with PROSORA_MAIL_PIXEL=on mails load their pixel from there.',
    schema: z
      .url({ protocol: /^https?$/ })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    defaultText: 'none',
    example: 'https://mail.example.com',
  },
  pixel: {
    env: 'PROSORA_MAIL_PIXEL',
    description:
      'on makes the bridge count opens with a picture of its own, in the mails for which Ghost asks, while open tracking at Resend stays off. It needs PROSORA_MAIL_PUBLIC_URL.',
    schema: z.enum(['on', 'off']).default('off'),
  },
  botOpens: {
    env: 'PROSORA_MAIL_BOT_OPENS',
    description:
      'What happens when a program loads the picture, and no reader: mark tells Ghost of the open and of the program, as Mailgun does; drop tells Ghost nothing.',
    schema: z.enum(['mark', 'drop']).default('mark'),
  },
  smtpPort: {
    env: 'PROSORA_MAIL_SMTP_PORT',
    description:
      'Port of the SMTP listener for sign-in and staff mails; 0 picks a free one. It speaks no TLS: keep it on a private network.',
    schema: z.coerce.number().int().min(0).max(65_535).optional(),
    defaultText: 'no SMTP',
    example: '2525',
  },
  smtpHost: {
    env: 'PROSORA_MAIL_SMTP_HOST',
    description: 'Address to listen on for SMTP.',
    schema: z.string().default('127.0.0.1'),
  },
  silentHours: {
    env: 'PROSORA_MAIL_SILENT_HOURS',
    description: 'How long a mail may be without any event before the bridge asks Resend about it.',
    schema: z.coerce.number().positive().default(6),
    unit: 'hours',
  },
  keepDays: {
    env: 'PROSORA_MAIL_KEEP_DAYS',
    description:
      'How long sent mail and its events are kept. Ghost may ask for events of the last 30 days.',
    schema: z.coerce.number().min(31).default(90),
    unit: 'days',
  },
  dataDir: {
    env: 'PROSORA_MAIL_DATA_DIR',
    description:
      'Folder of the one file in which accepted mail, its progress and its events are kept. Put it on a disk that stays.',
    schema: z.string().default('mail-data'),
    example: '/data',
  },
  newStore: {
    env: 'PROSORA_MAIL_NEW_STORE',
    description:
      'yes makes a store where there is none. Use it only for data that comes and goes with the site: elsewhere "prosora-mail init" makes the store once, so that a disk that is not mounted is noticed.',
    schema: z.enum(['yes', 'no']).default('no'),
  },
  host: listener.host,
  port: listener.port,
  privateHost: listener.privateHost,
  privatePort: listener.privatePort,
  operatorToken: operator.operatorToken,
  operatorReadToken: operator.operatorReadToken,
  maxMessageBytes: {
    env: 'PROSORA_MAIL_MAX_MESSAGE_BYTES',
    description:
      'Size of the largest message that is taken from Ghost, whose own client stops at 50 MiB.',
    schema: z.coerce
      .number()
      .int()
      .positive()
      .default(64 * 1024 * 1024),
    unit: 'bytes',
  },
  concurrency: {
    env: 'PROSORA_MAIL_CONCURRENCY',
    description: 'How many calls to Resend are made at a time; each carries up to 100 mails.',
    schema: z.coerce.number().int().min(1).max(20).default(3),
  },
  logLevel: {
    ...listener.logLevel,
    description: `${listener.logLevel.description} Addresses appear at "debug" and below only.`,
  },
} satisfies Options;

/**
 * The sites that the options name.
 *
 * @throws OptionsError when none is named, or one in two ways
 */
export function sitesOf({ sites, apiKey, domains }: SiteOptions): readonly Site[] {
  const one = apiKey !== undefined && domains !== undefined;
  if (sites.length > 0 && apiKey === undefined && domains === undefined) return sites;
  if (sites.length === 0 && one) {
    const [key = '', otherKey] = apiKey;
    return [{ name: 'ghost', apiKey: key, otherKey, domains }];
  }
  const { apiKey: key, domains: names } = mailOptions;
  const problems =
    sites.length > 0
      ? [
          `PROSORA_MAIL_SITES, PROSORA_MAIL_API_KEY and PROSORA_MAIL_DOMAINS are set: keep the first or the other two.`,
        ]
      : [
          ...(apiKey === undefined ? [`${key.env} is required. ${key.description}`] : []),
          ...(domains === undefined ? [`${names.env} is required. ${names.description}`] : []),
        ];
  throw new OptionsError(problems);
}

type SiteOptions = Pick<OptionValues<typeof mailOptions>, 'sites' | 'apiKey' | 'domains'>;

/** Where the options say that accepted mail is kept. */
export function placeOf({ databaseUrl, dataDir, newStore }: PlaceOptions): MailPlace {
  const mayBeNew = newStore === 'yes';
  return databaseUrl === undefined ? { dataDir, mayBeNew } : { mysql: databaseUrl, mayBeNew };
}

type PlaceOptions = Pick<OptionValues<typeof mailOptions>, 'databaseUrl' | 'dataDir' | 'newStore'>;

/**
 * The origin of the own open pixel; undefined without one.
 *
 * @throws OptionsError when it is wanted and nobody says where the public reaches the bridge
 */
export function pixelOriginOf({ pixel, publicUrl }: PixelOptions): string | undefined {
  if (pixel === 'off') return undefined;
  return publicUrlOf({ publicUrl }, 'PROSORA_MAIL_PIXEL=on');
}

/**
 * Where the public reaches the bridge.
 *
 * @throws OptionsError that names what it is required for, when nobody says so
 */
export function publicUrlOf({ publicUrl }: Pick<PixelOptions, 'publicUrl'>, user: string): string {
  if (publicUrl !== undefined) return publicUrl;
  const { env, description } = mailOptions.publicUrl;
  throw new OptionsError([`${env} is required for ${user}. ${description}`]);
}

type PixelOptions = Pick<OptionValues<typeof mailOptions>, 'pixel' | 'publicUrl'>;
