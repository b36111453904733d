import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../stand-in/random.ts';
import type { Settings } from '../stand-in/settings.ts';
import type { Collection } from '../stand-in/state.ts';
import type { Resource } from './datafile.ts';
import { TinybirdRefusal } from './refusal.ts';
import type { TinybirdSettings, TinybirdSettingsInput } from './settings.ts';

/** A static token. */
interface Token {
  id: string;
  name: string;
  token: string;
}

/** What one call of the Events API brought. */
export interface Delivery {
  datasource: string;
  rows: unknown[];
  /** Whether the views over the data source have the rows as well: they take all of a call or nothing. */
  isInViews: boolean;
  quarantined: { reason: string; row: unknown }[];
}

/** A deployment, with the resources that are live with it. */
export interface Deployment {
  id: string;
  created_at: string;
  /** When it is ready, in milliseconds since 1970. */
  readyAtMs: number;
  isPromoted: boolean;
  resources: Resource[];
}

/** What a Tinybird workspace is, for the routes. */
export interface Workspace {
  id: string;
  adminToken: string;
  tokens: Collection<Token>;
  deployments: Collection<Deployment>;
  deliveries: Collection<Delivery>;
  settings: Settings<TinybirdSettingsInput, TinybirdSettings>;
  random: Random;
  now: () => number;
}

type Scope = { type: string; resource?: string };

/** The resources that are live: those of the newest deployment that was promoted and is ready. */
export function liveResources({ deployments, now }: Workspace): readonly Resource[] {
  const live = deployments
    .values()
    .filter(({ isPromoted, readyAtMs }) => isPromoted && readyAtMs <= now());
  return live.at(-1)?.resources ?? [];
}

/** Finds a live resource. @throws TinybirdRefusal 404 */
export function resourceNamed(workspace: Workspace, kind: Resource['kind'], name: string) {
  const found = liveResources(workspace).find(
    (resource) => resource.kind === kind && resource.name === name,
  );
  if (found) return found;
  const what = kind === 'datasource' ? 'Data Source' : 'The pipe';
  throw new TinybirdRefusal(404, `${what} ${name} does not exist`);
}

/** @throws TinybirdRefusal 403 for a token that may not do that to the resource */
export function authorize(
  workspace: Workspace,
  token: string | undefined,
  wanted: Scope,
): Record<string, unknown> {
  if (!token) throw new TinybirdRefusal(403, 'authentication token is missing');
  if (token === workspace.adminToken) return {};
  const known = workspace.tokens.values().find((candidate) => candidate.token === token);
  const granted = known ? scopesOf(workspace, known.name) : claimsOf(workspace, token);
  const scope = granted.find(
    ({ type, resource }) => type === wanted.type && resource === wanted.resource,
  );
  if (scope) return scope.fixed_params ?? {};
  throw new TinybirdRefusal(403, `The token has no ${wanted.type} scope for ${wanted.resource}`);
}

function scopesOf(workspace: Workspace, token: string) {
  return liveResources(workspace).flatMap(({ kind, name, tokens }) =>
    tokens
      .filter((grant) => grant.name === token)
      .map(({ scope }) => ({
        type: `${kind === 'pipe' ? 'PIPES' : 'DATASOURCES'}:${scope}`,
        resource: name,
        fixed_params: undefined,
      })),
  );
}

/** The scopes of a JWT: https://www.tinybird.co/docs/forward/core-concepts/jwt */
function claimsOf({ adminToken, now }: Workspace, jwt: string) {
  const [head = '', claims = '', signature = ''] = jwt.split('.');
  const right = createHmac('sha256', adminToken).update(`${head}.${claims}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== right.length || !timingSafeEqual(given, right)) {
    throw new TinybirdRefusal(403, 'invalid authentication token');
  }
  const { exp = 0, scopes = [] } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    exp?: number;
    scopes?: (Scope & { fixed_params?: Record<string, unknown> })[];
  };
  if (exp * 1_000 <= now()) throw new TinybirdRefusal(403, 'the token has expired');
  return scopes;
}
