/** Ghost's `NODE_ENV`. */
export type GhostMode = 'development' | 'production';

/** A part of Ghost's `config.<env>.json`: https://docs.ghost.org/config */
export interface GhostConfig {
  [key: string]: unknown;
}

/**
 * Lays `changes` over `base`, object by object. Arrays and plain values are replaced whole, `null` is
 * a value, `undefined` changes nothing.
 */
export function mergeConfig(base: GhostConfig, changes: GhostConfig): GhostConfig {
  const merged: GhostConfig = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const before = merged[key];
    merged[key] = isObject(value) ? mergeConfig(isObject(before) ? before : {}, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is GhostConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What {@link baseConfig} needs to know about a site. */
export interface SiteFacts {
  /** The site's public URL. */
  url: string;
  port: number;
  contentDir: string;
  databaseFile: string;
}

/**
 * Ghost's configuration for a site on this machine, before the caller's own: SQLite, the log on
 * standard output, mail to nowhere, and nothing sent to Ghost.org.
 */
export function baseConfig(site: SiteFacts): GhostConfig {
  return {
    url: site.url,
    server: { host: '127.0.0.1', port: site.port, shutdownTimeout: 2000 },
    database: { client: 'better-sqlite3', connection: { filename: site.databaseFile } },
    paths: { contentPath: site.contentDir },
    logging: { level: 'info', transports: ['stdout'], rotation: { enabled: false } },
    mail: { transport: 'stub', from: 'noreply@example.com' },
    // A sign-in code by mail would lock out whoever runs in production mode with no mail.
    security: { staffDeviceVerification: false },
    privacy: { useGravatar: false, useRpcPing: false, useIndexNow: false },
    updateCheck: { url: 'http://127.0.0.1:1' },
    spam: RAISED_SPAM_LIMITS,
  };
}

/**
 * The limits of Ghost's `core/shared/config/defaults.json` that a test or a demo runs into, out of
 * the way. Whoever tests the limits sets them in the `config` option.
 */
const RAISED_SPAM_LIMITS = Object.fromEntries(
  [
    'user_login',
    'user_reset',
    'user_verification',
    'send_verification_code',
    'global_reset',
    'global_block',
    'private_block',
    'content_api_key',
    'member_login',
    'checkout_session_global',
    'checkout_session_email',
    'email_preview_block',
    'otc_verification_enumeration',
    'otc_verification',
  ].map((limit) => [limit, { freeRetries: 100_000 }]),
);
