import { listenerOptions, type Options, operatorOptions } from '@prosora/service';
import * as z from 'zod';
import { problemOfSecret } from './webhook/signature.ts';

const httpUrl = z.url({ protocol: /^https?$/ });

/** One or more secrets, separated by commas. */
const secrets = z
  .string()
  .transform((text) => text.split(',').map((secret) => secret.trim()))
  .refine(
    (list) => list.every((secret) => problemOfSecret(secret) === undefined),
    'holds a secret that is blank, short or no secret',
  );

const given = z.string().optional();

const { logLevel, privateHost, privatePort, ...publicListener } = listenerOptions({
  prefix: 'PROSORA_STRIPE',
  callers: "Stripe's webhooks",
  host: '0.0.0.0',
  port: 4300,
  privatePort: 4301,
});

/** Every option of the `prosora-stripe` command. */
export const stripeOptions = {
  secrets: {
    env: 'STRIPE_WEBHOOK_SECRET',
    description:
      'The signing secret of the endpoint at Stripe, at least 16 characters; several separated by commas while it changes. Not needed after `takeover`, nor with PROSORA_STRIPE_GHOST_DATABASE.',
    schema: z.optional(secrets).transform((list) => list ?? []),
    secret: true,
    defaultText: 'the keyring in the data folder',
    example: 'whsec_…',
  },
  ghostUrl: {
    env: 'PROSORA_STRIPE_GHOST_URL',
    description:
      'Where Ghost itself listens, past any proxy, with the path of a site in a subdirectory.',
    schema: httpUrl,
    example: 'http://ghost:2368',
  },
  ghostSecrets: {
    env: 'PROSORA_STRIPE_GHOST_WEBHOOK_SECRET',
    description:
      "Ghost's own WEBHOOK_SECRET, at least 16 characters, with which events are signed anew for it; two separated by a comma while it changes. Not needed after `takeover`, nor with PROSORA_STRIPE_GHOST_DATABASE.",
    schema: z.optional(secrets).transform((list) => list ?? []),
    secret: true,
    defaultText: 'the keyring in the data folder',
    example: 'a long random text',
  },
  ghostDatabase: {
    env: 'PROSORA_STRIPE_GHOST_DATABASE',
    description:
      "Ghost's database: the path of its SQLite file, or a mysql:// address. An inbox that stands unseen in front of Ghost reads there the secret that Ghost got from Stripe.",
    schema: given,
    secret: true,
    example: 'mysql://reader:…@db/ghost',
  },
  ghostAdminKey: {
    env: 'GHOST_ADMIN_API_KEY',
    description:
      'Key of a custom integration in Ghost. With it the inbox asks Ghost whether it has counted a payment, where it would else ask you, and `reconcile` compares members with Stripe.',
    schema: z.optional(z.string().regex(/^[0-9a-f]{24}:[0-9a-f]{64}$/, 'is no Admin API key')),
    secret: true,
    defaultText: 'none: you are asked',
  },
  stripeKey: {
    env: 'STRIPE_SECRET_KEY',
    description:
      'A key of the Stripe account, for `takeover`, `rotate`, `reconcile` and `doctor`. A restricted one is enough: read events, subscriptions, invoices, charges and checkout sessions, write webhook endpoints.',
    schema: given,
    secret: true,
    example: 'rk_live_…',
    defaultText: 'none: those verbs say so',
  },
  stripeApi: {
    env: 'PROSORA_STRIPE_API_URL',
    description: "Origin of Stripe's API.",
    schema: httpUrl.default('https://api.stripe.com'),
    example: 'http://127.0.0.1:4103',
  },
  publicUrl: {
    env: 'PROSORA_STRIPE_PUBLIC_URL',
    description: 'Where Stripe reaches the inbox; `takeover` makes an endpoint for it.',
    schema: z.optional(httpUrl),
    example: 'https://blog.example.com/members/webhooks/stripe/',
    defaultText: 'none: `takeover` asks for it',
  },
  dataDir: {
    env: 'PROSORA_STRIPE_DATA_DIR',
    description:
      'Folder of the inbox: one SQLite file with every event. Put it on a disk that stays.',
    schema: z.string().default('stripe-data'),
    example: '/data',
  },
  newStore: {
    env: 'PROSORA_STRIPE_NEW_STORE',
    description:
      'Whether to make an inbox where there is none. Leave it at no unless the data comes and goes with the site: `prosora-stripe init` makes an inbox once, so a disk that is not mounted is noticed.',
    schema: z.enum(['yes', 'no']).default('no'),
  },
  databaseUrl: {
    env: 'PROSORA_STRIPE_DATABASE_URL',
    description:
      'A database on MySQL 8 or MariaDB in place of the SQLite file, so that several processes can take events.',
    schema: z.optional(z.url({ protocol: /^mysql$/ })),
    secret: true,
    example: 'mysql://stripe:…@db/stripe',
    defaultText: 'none: one SQLite file in the data folder',
  },
  ...publicListener,
  path: {
    env: 'PROSORA_STRIPE_PATH',
    description: "Path of the webhooks. The default is Ghost's own, so the URL at Stripe can stay.",
    schema: z.string().startsWith('/').default('/members/webhooks/stripe/'),
  },
  privateHost: {
    ...privateHost,
    description:
      'Address to listen on for the page of the inbox, the operator API, health checks and metrics. Keep it off the public network.',
  },
  privatePort: {
    ...privatePort,
    description:
      'Port for the page of the inbox, the operator API, health checks and metrics. 0 picks a free one.',
  },
  pagePassword: {
    env: 'PROSORA_STRIPE_PAGE_PASSWORD',
    description:
      'The password of the page of the inbox, with any user name; at least 16 characters. Without it the inbox starts only where PROSORA_STRIPE_PRIVATE_HOST is an address of the machine itself.',
    schema: z.optional(z.string().min(16)),
    secret: true,
    defaultText: 'none: the page is for those who are on the machine',
  },
  showPayloads: {
    env: 'PROSORA_STRIPE_SHOW_PAYLOADS',
    description:
      'Whether the page of the inbox at the private address shows what is in events: names and addresses of readers.',
    schema: z.stringbool().default(false),
  },
  ...operatorOptions('PROSORA_STRIPE'),
  handlers: {
    env: 'PROSORA_STRIPE_HANDLERS',
    description:
      'A JavaScript module with functions of your own, called for each event with retries of their own.',
    schema: given,
    example: '/data/handlers.mjs',
    defaultText: 'none',
  },
  tinybirdUrl: {
    env: 'TINYBIRD_HOST',
    description: 'Origin of Tinybird or of the analytics engine, for changes of recurring revenue.',
    schema: z.optional(httpUrl),
    example: 'http://engine:7181',
    defaultText: 'none: they are not sent',
  },
  tinybirdToken: {
    env: 'PROSORA_STRIPE_TINYBIRD_TOKEN',
    description: 'A token that may append to the data source below; with TINYBIRD_HOST.',
    schema: given,
    secret: true,
    defaultText: 'none: they are not sent',
  },
  tinybirdDatasource: {
    env: 'PROSORA_STRIPE_TINYBIRD_DATASOURCE',
    description: 'The data source for changes of recurring revenue.',
    schema: z.string().default('stripe_mrr_events'),
  },
  sealKey: {
    env: 'PROSORA_STRIPE_SEAL_KEY',
    description:
      'Seals events on disk (AES-256-GCM). Keep it and do not change it: without it the events cannot be read.',
    schema: z.optional(z.string().min(16)),
    secret: true,
    defaultText: 'none: the file is readable by its owner alone (mode 0600)',
  },
  retentionDays: {
    env: 'PROSORA_STRIPE_RETENTION_DAYS',
    description:
      'After how many days an event is deleted that Ghost and every handler have. Stripe can send one again for 30 days, so keep them for longer.',
    schema: z.coerce.number().int().min(35).default(90),
    unit: 'days',
  },
  maxEvents: {
    env: 'PROSORA_STRIPE_MAX_EVENTS',
    description:
      'How many events the inbox holds at most. A full one answers 503 until some are deleted.',
    schema: z.coerce.number().int().positive().default(5_000_000),
  },
  livemode: {
    env: 'PROSORA_STRIPE_MODE',
    description:
      'Which events go to Ghost: `live`, `test` or `any`. Others are kept and held until a person replays them.',
    schema: z.enum(['any', 'live', 'test']).default('any'),
  },
  ambiguous: {
    env: 'PROSORA_STRIPE_AMBIGUOUS',
    description:
      'What to do with an invoice or a donation that Ghost got and did not answer, or failed on (5xx). Ghost may have counted it, and counts it twice if it is sent again: `hold` keeps it for a person, `retry` sends it. With GHOST_ADMIN_API_KEY Ghost is asked first.',
    schema: z.enum(['hold', 'retry']).default('hold'),
  },
  ghostTimeoutMs: {
    env: 'PROSORA_STRIPE_GHOST_TIMEOUT_MS',
    description: 'How long Ghost may take for one event.',
    schema: z.coerce.number().int().positive().default(90_000),
    unit: 'ms',
  },
  leaseMs: {
    env: 'PROSORA_STRIPE_LEASE_MS',
    description:
      'How long the event that was on its way to Ghost waits after this process was killed.',
    schema: z.coerce.number().int().min(100).default(30_000),
    unit: 'ms',
  },
  maxBodyBytes: {
    env: 'PROSORA_STRIPE_MAX_BODY_BYTES',
    description: 'A larger event is refused with 413.',
    schema: z.coerce.number().int().positive().default(1_048_576),
    unit: 'bytes',
  },
  logLevel,
} satisfies Options;
