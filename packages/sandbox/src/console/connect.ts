import { SandboxError } from '../errors.ts';
import type { FaultRule } from '../stand-in/faults.ts';
import type { LoggedRequest } from '../stand-in/request-log.ts';

/** A stand-in in another process. */
export interface RemoteStandIn {
  /** What a program needs to use it: for Cloudinary `cloudinaryUrl` and others. */
  readonly access: Readonly<Record<string, string>>;
  readonly faults: {
    set(rules: readonly FaultRule[]): Promise<void>;
    clear(): Promise<void>;
    list(): Promise<FaultRule[]>;
  };
  readonly settings: {
    get(): Promise<Record<string, unknown>>;
    set(changes: object): Promise<void>;
  };
  /** The last requests, or those whose path a regular expression matches. */
  requests(path?: RegExp): Promise<LoggedRequest[]>;
  /** One of its lists: for Cloudinary `assets`. */
  view<T = unknown>(name: string): Promise<T[]>;
}

/** A sandbox in another process. */
export interface RemoteSandbox {
  readonly url: string;
  readonly vendors: Readonly<Record<string, RemoteStandIn>>;
  reset(): Promise<void>;
}

/** How the console is called. */
export interface ConnectOptions {
  /** (Default: the global one) */
  fetch?: typeof fetch;
}

/**
 * Connects to the console of a running sandbox.
 *
 * @throws SandboxError `SANDBOX_CONTROL` when a call is refused, with the console's sentence.
 */
export async function connectSandbox(
  url: string,
  { fetch: call = fetch }: ConnectOptions = {},
): Promise<RemoteSandbox> {
  const send = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await call(new URL(path, url), {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new SandboxError('SANDBOX_CONTROL', `${method} ${path}: ${text}`);
    return response.status === 200 ? JSON.parse(text) : undefined;
  };
  // The console is this package's own, so the shapes of its answers are known.
  const vendors = (await send('GET', '/vendors')) as Record<string, Record<string, string>>;
  const connect = (name: string, access: Record<string, string>): RemoteStandIn => ({
    access,
    faults: {
      set: async (rules) => void (await send('PUT', `/${name}/faults`, rules.map(asJson))),
      clear: async () => void (await send('DELETE', `/${name}/faults`)),
      list: async () => (await send('GET', `/${name}/faults`)) as FaultRule[],
    },
    settings: {
      get: async () => (await send('GET', `/${name}/settings`)) as Record<string, unknown>,
      set: async (changes) => void (await send('PATCH', `/${name}/settings`, changes)),
    },
    requests: async (path) => {
      const query = path === undefined ? '' : `?path=${encodeURIComponent(path.source)}`;
      return (await send('GET', `/${name}/requests${query}`)) as LoggedRequest[];
    },
    view: async <T>(list: string) => (await send('GET', `/${name}/${list}`)) as T[],
  });
  return {
    url,
    vendors: Object.fromEntries(
      Object.entries(vendors).map(([name, access]) => [name, connect(name, access)]),
    ),
    reset: async () => void (await send('POST', '/reset')),
  };
}

/** A regular expression travels as its source. */
function asJson({ match, fault }: FaultRule): FaultRule {
  const path = match?.path instanceof RegExp ? match.path.source : match?.path;
  return { match: { ...match, ...(path !== undefined && { path }) }, fault };
}
