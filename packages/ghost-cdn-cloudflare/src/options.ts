import { listenerOptions, type Options, operatorOptions } from '@prosora/service';
import * as z from 'zod';
import { plans } from './purge/limits.ts';

const httpUrl = z.url({ protocol: /^https?$/ });
const given = z.string().optional();

/** Words separated by commas. */
const list = (one: z.ZodType<string, string>) =>
  z
    .string()
    .optional()
    .transform((text) => (text ? text.split(',').map((word) => word.trim()) : []))
    .pipe(z.array(one));

const { logLevel, privateHost, privatePort, ...publicListener } = listenerOptions({
  prefix: 'PROSORA_CDN',
  callers: "Ghost's webhooks",
  host: '0.0.0.0',
  port: 4600,
  privatePort: 4601,
});

/** Every option of the `prosora-cdn` command. */
export const cdnOptions = {
  siteUrl: {
    env: 'PROSORA_CDN_SITE_URL',
    description: 'The address of the site, as readers have it.',
    schema: httpUrl,
    example: 'https://blog.example.com',
  },
  hosts: {
    env: 'PROSORA_CDN_HOSTS',
    description: 'Host names under which the same pages are found besides, separated by commas.',
    schema: list(z.hostname()),
    defaultText: 'none but that of the site',
    example: 'www.blog.example.com',
  },
  token: {
    env: 'CLOUDFLARE_API_TOKEN',
    description:
      'A token of Cloudflare for the zone: Cache Purge, and Zone Read; for `setup` and `doctor` also Cache Rules Edit, Zone Settings Edit and DNS Read.',
    schema: z.string().min(20),
    secret: true,
  },
  zoneId: {
    env: 'CLOUDFLARE_ZONE_ID',
    description: 'The zone that the site is in.',
    schema: z.optional(z.string().regex(/^[0-9a-f]{32}$/, 'is no id of a zone')),
    defaultText: 'found by the name of the site',
  },
  apiUrl: {
    env: 'PROSORA_CDN_API_URL',
    description: "Cloudflare's API.",
    schema: httpUrl.default('https://api.cloudflare.com/client/v4'),
    example: 'http://127.0.0.1:4105/client/v4',
  },
  plan: {
    env: 'PROSORA_CDN_PLAN',
    description: 'The plan of the zone, which decides how many calls are granted.',
    schema: z.enum(plans).optional(),
    defaultText: 'that of the zone, where the token may read it, else free',
  },
  webhookSecrets: {
    env: 'PROSORA_CDN_WEBHOOK_SECRET',
    description:
      'The secret of the webhook in Ghost, at least 16 characters; several separated by commas while it changes.',
    schema: list(z.string().min(16)).refine((secrets) => secrets.length > 0, 'is missing'),
    secret: true,
  },
  path: {
    env: 'PROSORA_CDN_PATH',
    description: 'Path at which the webhook is taken.',
    schema: z.string().startsWith('/').default('/webhooks/ghost'),
  },
  pagesUrl: {
    env: 'PROSORA_CDN_PAGES_URL',
    description:
      'The memory of pages between Ghost and Cloudflare, which is emptied first and asked what it has seen.',
    schema: z.optional(httpUrl),
    example: 'http://pages:6081/',
    defaultText: 'none stands there',
  },
  pagesToken: {
    env: 'PROSORA_CDN_PAGES_TOKEN',
    description: 'The token with which it is emptied.',
    schema: given,
    secret: true,
    defaultText: 'none',
  },
  quietMs: {
    env: 'PROSORA_CDN_QUIET_MS',
    description: 'A change is purged when none has followed for so long.',
    schema: z.coerce.number().int().min(0).max(10_000).default(1_000),
    unit: 'ms',
  },
  longestMs: {
    env: 'PROSORA_CDN_LONGEST_MS',
    description: 'A change waits no longer than this for others.',
    schema: z.coerce.number().int().min(0).max(60_000).default(15_000),
    unit: 'ms',
  },
  pagesEveryMs: {
    env: 'PROSORA_CDN_PAGES_EVERY_MS',
    description: 'How often the memory of pages is asked whether something changed.',
    schema: z.coerce.number().int().min(100).default(2_000),
    unit: 'ms',
  },
  origin: {
    env: 'PROSORA_CDN_ORIGIN',
    description:
      'Public address of this server, which `doctor` calls past Cloudflare to see that it is refused.',
    schema: given,
    defaultText: 'not tried',
    example: '203.0.113.10',
  },
  believed: {
    env: 'PROSORA_CDN_BELIEVED',
    description:
      "Networks from which the site believes Cloudflare's headers, separated by spaces; `doctor` holds them against those that Cloudflare names.",
    schema: given,
    defaultText: 'not compared',
  },
  dataDir: {
    env: 'PROSORA_CDN_DATA_DIR',
    description: 'Folder of the changes that are to be purged. Put it on a disk that stays.',
    schema: z.string().default('cdn-data'),
    example: '/data',
  },
  newStore: {
    env: 'PROSORA_CDN_NEW_STORE',
    description:
      'Whether to make a store where there is none. Leave it at no unless the data comes and goes with the site: `prosora-cdn init` makes one once, so a disk that is not mounted is noticed.',
    schema: z.enum(['yes', 'no']).default('no'),
  },
  ...publicListener,
  privateHost,
  privatePort,
  ...operatorOptions('PROSORA_CDN'),
  logLevel,
} satisfies Options;
