import { createHash, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import * as z from 'zod';
import type { Project } from '../datafiles/project.ts';
import { EngineError } from '../errors.ts';
import { SITE, sitePipes } from './site-pipes.ts';

/** Parameters that a token sets and a request cannot change. */
type FixedParameters = Readonly<Record<string, string>>;

/** What a request's token lets it do. */
export interface Access {
  /** The only site that it may write and read; undefined for all. */
  readonly site?: string;
  /** @throws EngineError `TOKEN_REFUSED` */
  assertMayAppend(datasource: string): void;
  /** @throws EngineError `TOKEN_REFUSED` */
  fixedParametersFor(pipe: string): FixedParameters;
}

/** How requests are recognised. */
export interface TokensOptions {
  /** Each may do everything, and is a key of Ghost's JWTs: one, or two while it changes. */
  adminTokens: readonly string[];
  /** Static tokens by the name that the datafiles grant something to, such as `tracker`; two while one changes. */
  namedTokens: Readonly<Record<string, readonly string[]>>;
  /** A token for each site that has one of its own: used as it is, and the key of its Ghost's JWTs. */
  siteTokens?: ReadonlyMap<string, string> | undefined;
  project: Project;
  /** Milliseconds since 1970. (Default: the clock) */
  now?: () => number;
}

const scopeSchema = z.object({
  type: z.string(),
  resource: z.string().optional(),
  fixed_params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const claimsSchema = z.object({ scopes: z.array(scopeSchema), exp: z.number() });
type Scope = z.output<typeof scopeSchema>;

/** JWTs whose signature need not be looked at again: Ghost Admin asks a dozen times with one. */
const MOST_VERIFIED = 1_000;

const EVERYTHING: Access = { assertMayAppend: () => {}, fixedParametersFor: () => ({}) };

/**
 * Finds what a token may do: the admin token, a named static one, or a JWT as Ghost makes them (HS256
 * with the admin token, `exp`, scopes `PIPES:READ` with `fixed_params` and `DATASOURCES:APPEND`):
 * https://www.tinybird.co/docs/forward/core-concepts/jwt
 */
export function createTokens(
  options: TokensOptions,
): (token: string | undefined) => Promise<Access> {
  const keys: Key[] = options.adminTokens.map((token) => ({ key: keyOf(token), site: undefined }));
  for (const [site, token] of options.siteTokens ?? []) keys.push({ key: keyOf(token), site });
  const pipesOfOneSite = sitePipes(options.project);
  const named = Object.entries(options.namedTokens).flatMap(([name, tokens]) => {
    const access = staticAccess(name, options.project);
    return tokens.map((token) => ({ digest: digestOf(token), access }));
  });
  for (const token of options.adminTokens) {
    named.unshift({ digest: digestOf(token), access: EVERYTHING });
  }
  for (const [site, token] of options.siteTokens ?? []) {
    const access = ofOneSite(EVERYTHING, site, options.project, pipesOfOneSite);
    named.push({ digest: digestOf(token), access });
  }

  const now = options.now ?? Date.now;
  /** By digest, so that no token stays in memory. */
  const verified = new Map<string, { access: Access; expiresAt: number }>();

  return async (token) => {
    if (!token) throw refused('authentication token is missing');
    const digest = digestOf(token);
    const known = named.find((candidate) => timingSafeEqual(digest, candidate.digest));
    if (known) return known.access;
    const name = digest.toString('base64');
    const seen = verified.get(name);
    if (seen && now() < seen.expiresAt) return seen.access;
    verified.delete(name);
    const { scopes, site, expiresAt } = await readJwt(token, keys, now);
    const ofAll = jwtAccess(scopes);
    const access = site ? ofOneSite(ofAll, site, options.project, pipesOfOneSite) : ofAll;
    for (const oldest of verified.keys()) {
      if (verified.size < MOST_VERIFIED) break;
      verified.delete(oldest);
    }
    verified.set(name, { access, expiresAt });
    return access;
  };
}

/**
 * Two tokens of the same text would let one who holds the lesser do what the greater may.
 *
 * @throws EngineError `TOKENS_EQUAL`
 */
export function assertTokensDiffer({
  adminToken,
  trackerToken,
  siteTokens,
}: {
  adminToken: readonly string[];
  trackerToken?: readonly string[] | undefined;
  siteTokens?: ReadonlyMap<string, string> | undefined;
}): void {
  const tokens = [...adminToken, ...(trackerToken ?? []), ...(siteTokens?.values() ?? [])];
  if (new Set(tokens).size === tokens.length) return;
  throw new EngineError('TOKENS_EQUAL', 'Two of the tokens of the engine are the same.', {
    help: 'Give PROSORA_ENGINE_ADMIN_TOKEN, PROSORA_ENGINE_TRACKER_TOKEN and each site in PROSORA_ENGINE_SITE_TOKENS a token of its own.',
  });
}

interface Key {
  key: KeyObject;
  /** Whose key it is; undefined for the admin's. */
  site: string | undefined;
}

async function readJwt(
  token: string,
  keys: readonly Key[],
  now: () => number,
): Promise<{ scopes: Scope[]; site: string | undefined; expiresAt: number }> {
  let refusal = refused('invalid authentication token');
  for (const { key, site } of keys) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        requiredClaims: ['exp'],
        currentDate: new Date(now()),
      });
      const { scopes, exp } = claimsSchema.parse(payload);
      return { scopes, site, expiresAt: exp * 1000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) refusal = refused('authentication token has expired');
    }
  }
  throw refusal;
}

/** The same access within one site: it sets the site, and a token that fixes another is refused. */
function ofOneSite(
  access: Access,
  site: string,
  { datasources }: Project,
  pipesOfOneSite: ReadonlySet<string>,
): Access {
  return {
    site,
    assertMayAppend(datasource) {
      access.assertMayAppend(datasource);
      const columns = datasources.get(datasource)?.columns ?? [];
      if (!columns.some(({ name }) => name === SITE)) throw mayNot('append to', datasource);
    },
    fixedParametersFor(pipe) {
      const fixed = access.fixedParametersFor(pipe);
      if (!pipesOfOneSite.has(pipe)) throw mayNot('read', pipe);
      if ((fixed[SITE] ?? site) !== site) throw refused('the token is for another site');
      return { ...fixed, [SITE]: site };
    },
  };
}

function jwtAccess(scopes: readonly Scope[]): Access {
  const find = (type: string, resource: string): Scope | undefined =>
    scopes.find((scope) => scope.type === type && scope.resource === resource);
  return {
    assertMayAppend(datasource) {
      if (!find('DATASOURCES:APPEND', datasource)) throw mayNot('append to', datasource);
    },
    fixedParametersFor(pipe) {
      const scope = find('PIPES:READ', pipe);
      if (!scope) throw mayNot('read', pipe);
      const fixed = Object.entries(scope.fixed_params ?? {});
      return Object.fromEntries(fixed.map(([name, value]) => [name, String(value)]));
    },
  };
}

function staticAccess(token: string, { datasources, pipes }: Project): Access {
  return {
    assertMayAppend(datasource) {
      const grants = datasources.get(datasource)?.tokens ?? [];
      if (grants.some(({ name, scope }) => name === token && scope === 'APPEND')) return;
      throw mayNot('append to', datasource);
    },
    fixedParametersFor(pipe) {
      const grants = pipes.get(pipe)?.tokens ?? [];
      if (grants.some(({ name, scope }) => name === token && scope === 'READ')) return {};
      throw mayNot('read', pipe);
    },
  };
}

function keyOf(token: string): KeyObject {
  return createSecretKey(token, 'utf8');
}

/** Digests have one length, so comparing them tells nothing about the token's. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function mayNot(what: string, resource: string): EngineError {
  return refused(`the token has no permission to ${what} ${resource}`);
}

function refused(message: string): EngineError {
  return new EngineError('TOKEN_REFUSED', message);
}
