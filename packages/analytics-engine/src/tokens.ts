import { createHash, timingSafeEqual } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import * as z from 'zod';
import type { Project } from './datafiles/project.ts';
import { EngineError } from './errors.ts';

/** Parameters that a token sets and a request cannot change. */
type FixedParameters = Readonly<Record<string, string>>;

/** What a request's token lets it do. */
export interface Access {
  /** @throws EngineError `TOKEN_REFUSED` */
  assertMayAppend(datasource: string): void;
  /** @throws EngineError `TOKEN_REFUSED` */
  fixedParametersFor(pipe: string): FixedParameters;
}

/** How requests are recognised. */
export interface TokensOptions {
  /** May do everything, and is the key of Ghost's JWTs. */
  adminToken: string;
  /** Static tokens by the name that the datafiles grant something to, such as `tracker`. */
  namedTokens: Readonly<Record<string, string | undefined>>;
  project: Project;
  /** Milliseconds since 1970. (Default: the clock) */
  now?: () => number;
}

const scopeSchema = z.object({
  type: z.string(),
  resource: z.string().optional(),
  fixed_params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const claimsSchema = z.object({ scopes: z.array(scopeSchema) });
type Scope = z.output<typeof scopeSchema>;

const EVERYTHING: Access = { assertMayAppend: () => {}, fixedParametersFor: () => ({}) };

/**
 * Finds what a token may do: the admin token, a named static one, or a JWT as Ghost makes them (HS256
 * with the admin token, `exp`, scopes `PIPES:READ` with `fixed_params` and `DATASOURCES:APPEND`):
 * https://www.tinybird.co/docs/forward/core-concepts/jwt
 */
export function createTokens(
  options: TokensOptions,
): (token: string | undefined) => Promise<Access> {
  const key = new TextEncoder().encode(options.adminToken);
  const adminDigest = digestOf(options.adminToken);
  const named = Object.entries(options.namedTokens).flatMap(([name, token]) =>
    token ? [{ digest: digestOf(token), access: staticAccess(name, options.project) }] : [],
  );

  return async (token) => {
    if (!token) throw refused('authentication token is missing');
    const digest = digestOf(token);
    if (timingSafeEqual(digest, adminDigest)) return EVERYTHING;
    const known = named.find((candidate) => timingSafeEqual(digest, candidate.digest));
    return known?.access ?? jwtAccess(await scopesOf(token, key, options.now ?? Date.now));
  };
}

async function scopesOf(token: string, key: Uint8Array, now: () => number): Promise<Scope[]> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
      currentDate: new Date(now()),
    });
    return claimsSchema.parse(payload).scopes;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw refused('authentication token has expired');
    throw refused('invalid authentication token');
  }
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
