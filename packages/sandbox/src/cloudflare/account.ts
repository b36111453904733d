import type { Request, Response } from 'express';
import type { Settings } from '../stand-in/settings.ts';
import type { Collection } from '../stand-in/state.ts';
import type { EdgeCache } from './edge-cache.ts';
import { CloudflareRefusal } from './refusal.ts';
import type { CloudflareSettings, CloudflareSettingsInput, Permission } from './settings.ts';

/** A rule of a phase. */
export interface Rule {
  id: string;
  ref: string;
  description: string;
  expression: string;
  action: string;
  action_parameters?: Record<string, unknown> | undefined;
  enabled: boolean;
}

/** A record of the zone. */
interface DnsRecord {
  id: string;
  type: string;
  name: string;
  content: string;
  proxied: boolean;
  ttl: number;
}

/** The account that the stand-in plays: one zone and one token. */
export interface Account {
  readonly zoneId: string;
  readonly token: string;
  readonly settings: Settings<CloudflareSettingsInput, CloudflareSettings>;
  readonly records: Collection<DnsRecord>;
  /** By phase. */
  readonly rulesets: Collection<Rule[]>;
  /** Zone settings that were changed, by name. */
  readonly zoneSettings: Collection<unknown>;
  readonly cache: EdgeCache;
  /** Has the edge believe the site's certificate. Throws when that cannot be done now. */
  readonly believeSite: () => Promise<void>;
  readonly newId: () => string;
  readonly now: () => number;
}

/** Lets a call pass that bears the token with a permission. @throws CloudflareRefusal 400, 401, 403 */
export function authorize({ token, settings }: Account, request: Request, needs?: Permission) {
  const { authorization = '' } = request.headers;
  if (!authorization.startsWith('Bearer ')) {
    throw new CloudflareRefusal(
      400,
      9106,
      'Missing X-Auth-Key, X-Auth-Email or Authorization headers',
    );
  }
  const { permissions, tokenStatus } = settings.current;
  if (authorization !== `Bearer ${token}` || tokenStatus !== 'active') {
    throw new CloudflareRefusal(401, 1000, 'Invalid API Token');
  }
  if (needs !== undefined && !permissions.includes(needs)) {
    throw new CloudflareRefusal(403, 10000, 'Authentication error');
  }
}

/** @throws CloudflareRefusal for another zone than the token's, as for one that does not exist */
export function assertZone({ zoneId }: Account, request: Request): void {
  if (request.params['zone'] === zoneId) return;
  throw new CloudflareRefusal(
    404,
    7003,
    `Could not route to /zones/${request.params['zone']}, perhaps your object identifier is invalid?`,
  );
}

/** Answers as the API does; a list page by page. */
export function succeed(response: Response, result: unknown): void {
  const envelope = { success: true, errors: [], messages: [] };
  if (!Array.isArray(result)) return void response.json({ ...envelope, result });
  const { page = '1', per_page: size = '100' } = response.req.query as Record<string, string>;
  const from = (Number(page) - 1) * Number(size);
  const shown = result.slice(from, from + Number(size));
  const result_info = {
    page: Number(page),
    per_page: Number(size),
    count: shown.length,
    total_count: result.length,
    total_pages: Math.ceil(result.length / Number(size)),
  };
  response.json({ ...envelope, result: shown, result_info });
}
