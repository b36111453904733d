import { homedir } from 'node:os';
import { join } from 'node:path';
import { listenerOptions, operatorOptions } from '@prosora/service';
import type { Options, OptionValues } from '@prosora/service/options';
import * as z from 'zod';
import { isSigningKey, signingKey } from './access/signing-key.ts';
import { defaultMemoryLimitMb, machineMemoryMb } from './database/memory-limit.ts';

function parseSiteTokens(text: string, context: z.RefinementCtx): Map<string, string> {
  const pairs = text
    .split(/[,\n]/)
    .map((pair) => pair.trim())
    .filter(Boolean)
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
  const tokens = new Map(pairs);
  const isWell = pairs.every(([site, token]) => site !== '' && isSigningKey(token));
  if (!isWell || new Set(tokens.values()).size !== pairs.length) {
    context.addIssue({ code: 'custom', message: 'not SITE_UUID=TOKEN with tokens of their own' });
  }
  return tokens;
}

/** One token, or two separated by a comma while it changes. */
const tokens = (each: z.ZodType<string, string>) =>
  z
    .string()
    .transform((text) => text.split(',').map((token) => token.trim()))
    .pipe(z.array(each).max(2));

/** Every option of the engine. */
export const engineOptions = {
  adminToken: {
    env: 'PROSORA_ENGINE_ADMIN_TOKEN',
    description:
      "Opens everything, and Ghost signs its staff's tokens with it: give Ghost the same text as tinybird__adminToken. It needs at least 32 random characters, since nothing limits how often keys are tried against such a token; `openssl rand -hex 32` makes some. Two, separated by a comma, while it changes; read again at SIGHUP.",
    schema: tokens(signingKey),
    secret: true,
  },
  trackerToken: {
    env: 'PROSORA_ENGINE_TRACKER_TOKEN',
    description:
      'A second token, for the collector, which may only send events. It needs at least 16 characters. Two, separated by a comma, while it changes; read again at SIGHUP.',
    schema: tokens(z.string().min(16)).optional(),
    defaultText: 'the admin token is the only one',
    secret: true,
  },
  siteTokens: {
    env: 'PROSORA_ENGINE_SITE_TOKENS',
    description:
      'For several sites on one engine: SITE_UUID=TOKEN, separated by commas. Each Ghost gets its own token as tinybird__adminToken, and with it reads and writes its own site alone. At least 32 random characters each, as above.',
    schema: z.string().transform(parseSiteTokens).optional(),
    defaultText: 'one admin token for all',
    secret: true,
  },
  ghostDir: {
    env: 'GHOST_DIR',
    description:
      'Folder of the installed Ghost whose Tinybird project is served: the one with its package.json.',
    schema: z.string().optional(),
    defaultText: 'none; PROSORA_ENGINE_DATAFILES must be set then',
    example: '/var/lib/ghost/current',
  },
  datafilesDir: {
    env: 'PROSORA_ENGINE_DATAFILES',
    description: 'Folder with .datasource and .pipe files to serve instead of those in Ghost.',
    schema: z.string().optional(),
    defaultText: '`core/server/data/tinybird` in GHOST_DIR',
  },
  dataDir: {
    env: 'PROSORA_ENGINE_DATA_DIR',
    description:
      'Folder for the data. Besides it, the engine writes only to PROSORA_ENGINE_BACKUP_DIR and to the file of an export. Each engine needs a folder of its own.',
    schema: z.string().default(join(homedir(), '.prosora', 'engine')),
    defaultText: '`~/.prosora/engine`',
  },
  backupDir: {
    env: 'PROSORA_ENGINE_BACKUP_DIR',
    description:
      'Folder for backups, which are a folder each; it is best on another disk. A torn data directory is restored from the newest.',
    schema: z.string().optional(),
    defaultText: '`backups` in the data directory',
  },
  backupHours: {
    env: 'PROSORA_ENGINE_BACKUP_HOURS',
    description: 'Time between two backups while the engine serves; 0 takes none.',
    schema: z.coerce.number().min(0).max(8_760).default(24),
    unit: 'h',
  },
  keepBackups: {
    env: 'PROSORA_ENGINE_KEEP_BACKUPS',
    description: 'How many backups are kept; each is as large as the data.',
    schema: z.coerce.number().int().min(1).max(1_000).default(3),
  },
  retentionMonths: {
    env: 'PROSORA_ENGINE_RETENTION_MONTHS',
    description:
      'How many whole months the events themselves are kept; 0 keeps them for ever. What views derived from them stays.',
    schema: z.coerce.number().int().min(0).max(1_200).default(24),
    unit: 'months',
  },
  memoryLimitMb: {
    env: 'PROSORA_ENGINE_MEMORY_LIMIT_MB',
    description:
      'Memory that queries, inserts and caches may use together. One query gets at most 75 % of it; below 600 MB, queries run one at a time. Code and threads come on top.',
    schema: z.coerce.number().int().min(256).default(defaultMemoryLimitMb(machineMemoryMb())),
    unit: 'MB',
    defaultText: '30 % of the machine or container, from 384 to 1536 MB',
  },
  maxQuerySeconds: {
    env: 'PROSORA_ENGINE_MAX_QUERY_SECONDS',
    description: 'A query that takes longer is given up and answered with 408.',
    schema: z.coerce.number().int().min(1).max(300).default(30),
    unit: 's',
  },
  localTokens: {
    env: 'PROSORA_ENGINE_LOCAL_TOKENS',
    description:
      'When true, /tokens tells the admin token to anyone who asks, as Tinybird Local does. For development.',
    schema: z.stringbool().default(false),
  },
  ...listenerOptions({
    prefix: 'PROSORA_ENGINE',
    callers: 'Ghost and the collector',
    // The one of Tinybird Local.
    port: 7181,
    privatePort: 7182,
  }),
  ...operatorOptions('PROSORA_ENGINE'),
} satisfies Options;

/** The values of {@link engineOptions}. */
export type EngineOptions = OptionValues<typeof engineOptions>;
