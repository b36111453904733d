import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Options } from '@prosora/service/options';
import * as z from 'zod';
import { isSigningKey, signingKey } from './access/signing-key.ts';
import { defaultMemoryLimitMb, machineMemoryMb } from './database/memory-limit.ts';

const port = (byDefault: number) => z.coerce.number().int().min(0).max(65_535).default(byDefault);

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

const tokenOptions = {
  adminToken: {
    env: 'PROSORA_ENGINE_ADMIN_TOKEN',
    description:
      "May read and write everything, and Ghost signs its staff's tokens with it: give Ghost the same text as tinybird__adminToken. At least 32 random characters, since keys can be tried against such a token for ever; `openssl rand -hex 32` makes some.",
    schema: signingKey,
    secret: true,
  },
  trackerToken: {
    env: 'PROSORA_ENGINE_TRACKER_TOKEN',
    description:
      'A second token that may only send events, for the collector. At least 16 characters.',
    schema: z.string().min(16).optional(),
    defaultText: 'the admin token is the only one',
    secret: true,
  },
  siteTokens: {
    env: 'PROSORA_ENGINE_SITE_TOKENS',
    description:
      'For several sites on one engine: SITE_UUID=TOKEN, separated by commas. Each Ghost gets its own token as tinybird__adminToken, and with it sees and writes only its own site. At least 32 random characters each, as above.',
    schema: z.string().transform(parseSiteTokens).optional(),
    defaultText: 'one admin token for all',
    secret: true,
  },
} satisfies Options;

/** What a verb needs that finds the engine by its data directory: no token. */
export const localOptions = {
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
    description:
      'Folder with the .datasource and .pipe files to serve in place of the ones in Ghost.',
    schema: z.string().optional(),
    defaultText: '`core/server/data/tinybird` in GHOST_DIR',
  },
  dataDir: {
    env: 'PROSORA_ENGINE_DATA_DIR',
    description:
      'Where the data is kept; besides PROSORA_ENGINE_BACKUP_DIR and the file of an export, the only place that is written to. One engine per folder.',
    schema: z.string().default(join(homedir(), '.prosora', 'engine')),
    defaultText: '`~/.prosora/engine`',
  },
  backupDir: {
    env: 'PROSORA_ENGINE_BACKUP_DIR',
    description:
      'Where backups are kept, a folder each; best on another disk. A torn data directory is restored from the newest.',
    schema: z.string().optional(),
    defaultText: '`backups` in the data directory',
  },
  backupHours: {
    env: 'PROSORA_ENGINE_BACKUP_HOURS',
    description: 'How often a backup is taken while the engine serves; 0 for never.',
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
      'Whole months for which the events themselves are kept; what views derived from them stays. 0 for ever.',
    schema: z.coerce.number().int().min(0).max(1_200).default(24),
    unit: 'months',
  },
  memoryLimitMb: {
    env: 'PROSORA_ENGINE_MEMORY_LIMIT_MB',
    description:
      'What queries, inserts and caches together may use; one query gets at most 75 % of it, and below 600 MB they come one at a time. Code and threads come on top.',
    schema: z.coerce.number().int().min(256).default(defaultMemoryLimitMb(machineMemoryMb())),
    unit: 'MB',
    defaultText: '30 % of the machine or container, from 384 to 1536 MB',
  },
  maxQuerySeconds: {
    env: 'PROSORA_ENGINE_MAX_QUERY_SECONDS',
    description: 'A query that takes longer is given up and answered 408.',
    schema: z.coerce.number().int().min(1).max(300).default(30),
    unit: 's',
  },
  localTokens: {
    env: 'PROSORA_ENGINE_LOCAL_TOKENS',
    description:
      'Set to true, /tokens tells the admin token to whoever asks, as Tinybird Local does. For development.',
    schema: z.stringbool().default(false),
  },
  logLevel: {
    env: 'PROSORA_ENGINE_LOG_LEVEL',
    description: 'The least that is logged: debug, info, warn or error.',
    schema: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  },
  host: {
    env: 'PROSORA_ENGINE_HOST',
    description: 'Address the API listens on.',
    schema: z.string().default('127.0.0.1'),
  },
  port: {
    env: 'PROSORA_ENGINE_PORT',
    description: 'Port the API listens on; 7181 is the one of Tinybird Local.',
    schema: port(7181),
    unit: 'port',
  },
  privateHost: {
    env: 'PROSORA_ENGINE_PRIVATE_HOST',
    description: 'Address of /livez, /readyz and /metrics.',
    schema: z.string().default('127.0.0.1'),
  },
  privatePort: {
    env: 'PROSORA_ENGINE_PRIVATE_PORT',
    description: 'Port of /livez, /readyz and /metrics.',
    schema: port(7182),
    unit: 'port',
  },
} satisfies Options;

/** Every option of the engine. */
export const engineOptions = { ...tokenOptions, ...localOptions } satisfies Options;
