import { isIP } from 'node:net';
import {
  listenerOptions,
  type Options,
  type OptionValues,
  operatorOptions,
} from '@prosora/service';
import * as z from 'zod';

const list = z.string().transform((text) => text.split(',').map((entry) => entry.trim()));

/** Names that proxy-addr knows, single addresses and networks. */
const NETWORK_NAMES = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isNetwork(entry: string): boolean {
  if (NETWORK_NAMES.has(entry)) return true;
  const [address = '', prefix] = entry.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return prefix === undefined ? bits > 0 : /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}

/** Every option of the `prosora-collector` command. */
export const collectorOptions = {
  upstreamUrl: {
    env: 'TINYBIRD_HOST',
    description:
      'The analytics engine or Tinybird: hits are sent there, and charts are read from it.',
    schema: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
    example: 'http://127.0.0.1:7181',
  },
  trackerToken: {
    env: 'TINYBIRD_TRACKER_TOKEN',
    description: 'The token that may append to the data source. Browsers never see it.',
    schema: z.string().min(1),
    secret: true,
    example: 'p.eyJ…',
  },
  datasource: {
    env: 'PROSORA_COLLECTOR_DATASOURCE',
    description:
      "The data source that hits are written to, as in Ghost's tracker.datasource. A hit for another one is refused.",
    schema: z
      .string()
      .regex(/^\w{1,64}$/)
      .default('analytics_events'),
  },
  sites: {
    env: 'PROSORA_COLLECTOR_SITES',
    description: 'Only these sites are counted: their site_uuid, separated by commas.',
    schema: list
      .pipe(z.array(z.guid()))
      .transform((sites) => sites.map((site) => site.toLowerCase()))
      .optional(),
    defaultText: 'any',
    example: '4b5c7f3e-1b0a-4c55-8d36-3d1b4b2b9c11',
  },
  origins: {
    env: 'PROSORA_COLLECTOR_ORIGINS',
    description:
      'Only pages of these origins may send hits, separated by commas. A hit that names another origin is refused; one that names none, as a server sends it, is taken.',
    schema: list
      .pipe(z.array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin)))
      .optional(),
    defaultText: 'any',
    example: 'https://example.com',
  },
  hitsPerMinute: {
    env: 'PROSORA_COLLECTOR_HITS_PER_MINUTE',
    description:
      'One address (for IPv6, one /64) may send this many hits in a minute; any more are answered 429. 0 means no limit.',
    schema: z.coerce.number().int().min(0).default(600),
  },
  pixel: {
    env: 'PROSORA_COLLECTOR_PIXEL',
    description: 'When true, a picture at /api/v1/page_hit.gif counts pages that run no script.',
    schema: z.stringbool().default(false),
  },
  countryHeader: {
    env: 'PROSORA_COLLECTOR_COUNTRY_HEADER',
    description:
      'The header in which the network in front names the country. It is believed from trusted proxies only.',
    schema: z
      .string()
      .regex(/^[\w-]+$/)
      .toLowerCase()
      .optional(),
    defaultText: "none; the time zone's country is taken",
    example: 'cf-ipcountry',
  },
  countryDatabase: {
    env: 'PROSORA_COLLECTOR_COUNTRY_DATABASE',
    description:
      'A file in the .mmdb format (GeoLite2, DB-IP) that tells the country of an address. It is read at the start.',
    schema: z.string().optional(),
    defaultText: "none; the time zone's country is taken",
    example: '/data/GeoLite2-Country.mmdb',
  },
  syncAuthKey: {
    env: 'PROSORA_COLLECTOR_SYNC_AUTH_KEY',
    description:
      "Ghost's tinybird__sync_auth_key, with which it sends the runs of automations. At least 16 characters; two, separated by a comma, while it changes.",
    schema: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(z.string().trim().min(16)).max(2))
      .optional(),
    defaultText: 'none; the route does not exist',
    secret: true,
  },
  chartCacheSeconds: {
    env: 'PROSORA_COLLECTOR_CHART_CACHE_SECONDS',
    description:
      "How long an answer to a chart's question is reused before the upstream is asked again.",
    schema: z.coerce.number().int().min(0).max(3_600).optional(),
    defaultText: '60 in front of tinybird.co, else 0',
    unit: 's',
  },
  chartQueriesPerDay: {
    env: 'PROSORA_COLLECTOR_CHART_QUERIES_PER_DAY',
    description:
      'The upstream is asked at most this many questions in 24 hours, three quarters of them for one address. After that the last answer is given again, however old. The free plan of Tinybird allows 1000.',
    schema: z.coerce.number().int().min(24).optional(),
    defaultText: 'no limit',
    example: '1000',
  },
  trustedProxies: {
    env: 'PROSORA_COLLECTOR_TRUSTED_PROXIES',
    description:
      'X-Forwarded-For and X-Ghost-Analytics-Start are believed from these proxies: addresses, networks, or the names loopback, linklocal and uniquelocal, separated by commas.',
    schema: list
      .pipe(z.array(z.string().refine(isNetwork, 'neither an address, a network nor such a name')))
      .default(['loopback', 'uniquelocal']),
    defaultText: '`loopback,uniquelocal`',
    example: 'loopback,172.16.0.0/12',
  },
  timeZone: {
    env: 'PROSORA_COLLECTOR_TIMEZONE',
    description: "The site's time zone. Visitor ids change at its midnight.",
    schema: z.string().refine(isTimeZone, 'not a time zone').default('UTC'),
    example: 'Europe/Berlin',
  },
  dataDir: {
    env: 'PROSORA_COLLECTOR_DATA_DIR',
    description:
      'The folder for hits that were not sent yet, dead letters and salts. Nothing is written elsewhere. Collectors on one machine may share it.',
    schema: z.string().default('collector-data'),
    example: '/data',
  },
  maxSpoolBytes: {
    env: 'PROSORA_COLLECTOR_MAX_SPOOL_BYTES',
    description: 'This much may wait on disk for one collector. Above it hits are answered 503.',
    schema: z.coerce
      .number()
      .int()
      .min(16 * 2 ** 20)
      .default(2 ** 30),
    unit: 'bytes',
  },
  batchBytes: {
    env: 'PROSORA_COLLECTOR_BATCH_BYTES',
    description:
      'A batch is sent when this much waits, or when its first hit is PROSORA_COLLECTOR_BATCH_MS old.',
    schema: z.coerce
      .number()
      .int()
      .min(65_536)
      .max(8 * 2 ** 20)
      .default(2 ** 20),
    unit: 'bytes',
  },
  batchMs: {
    env: 'PROSORA_COLLECTOR_BATCH_MS',
    description: 'How long a hit waits for others to be sent with.',
    schema: z.coerce.number().int().min(0).max(60_000).default(1_000),
    unit: 'ms',
  },
  upstreamTimeoutMs: {
    env: 'PROSORA_COLLECTOR_UPSTREAM_TIMEOUT_MS',
    description: 'How long the upstream may take for one batch or one chart.',
    schema: z.coerce.number().int().min(100).default(35_000),
    unit: 'ms',
  },
  siteUrl: {
    env: 'PROSORA_COLLECTOR_SITE_URL',
    description: 'The site as readers have it; `doctor` walks it and `deploy` prints it.',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    defaultText: 'none; `doctor` leaves the site out',
    example: 'https://example.com',
  },
  adminToken: {
    env: 'TINYBIRD_ADMIN_TOKEN',
    description:
      "The token that may change the workspace and signs Ghost's: for `deploy`, and for `doctor` and `backfill` to ask. `serve` has no use for it.",
    schema: z.string().min(1).optional(),
    defaultText: 'none; only `deploy` needs it',
    secret: true,
  },
  staffToken: {
    env: 'GHOST_STAFF_ACCESS_TOKEN',
    description:
      'With it `doctor` also asks Ghost what it shows: the staff access token in the profile of an owner or administrator in Ghost Admin. Keys of integrations may not read statistics.',
    schema: z
      .string()
      .regex(/^[0-9a-f]{24}:[0-9a-f]{64}$/, 'is no staff access token')
      .optional(),
    defaultText: 'none; `doctor` leaves Ghost itself out',
    secret: true,
  },
  ghostDir: {
    env: 'GHOST_DIR',
    description: 'Folder of the installed Ghost whose Tinybird project `deploy` takes.',
    schema: z.string().optional(),
    defaultText: 'none; only `deploy` needs it',
    example: '/var/lib/ghost/current',
  },
  ...listenerOptions({
    prefix: 'PROSORA_COLLECTOR',
    callers: 'page hits and charts',
    port: 4400,
    privatePort: 4401,
  }),
  ...operatorOptions('PROSORA_COLLECTOR'),
} satisfies Options;

/** The values of the options. */
export type CollectorOptions = OptionValues<typeof collectorOptions>;
