import { GhostLocalError } from '../errors.ts';

/** Values of a query string; undefined ones are left out. */
export type AdminQuery = Record<string, string | number | boolean | undefined>;

/** The body, in one of two forms, and the query of a request. */
export interface AdminRequestOptions {
  json?: unknown;
  form?: FormData;
  query?: AdminQuery;
}

/**
 * Sends one request to Ghost's Admin API. `path` is below `/ghost/api/admin`, with no slash at its
 * ends. Resolves to the parsed body, or undefined if there is none.
 *
 * @throws AdminApiError if Ghost refuses
 */
export type AdminRequest = <Body = unknown>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  options?: AdminRequestOptions,
) => Promise<Body>;

/** Where a Ghost is. */
export interface AdminTarget {
  /** The site's public URL. */
  url: string;
  /** Where to send requests, if not to `url`. */
  listenUrl?: string;
}

/** One of the errors in Ghost's answer. */
export interface GhostApiError {
  message: string;
  context: string | null;
  help: string | null;
  type: string;
  code: string | null;
}

/** Ghost refused a request; the message holds Ghost's own message, context and help. */
export class AdminApiError extends GhostLocalError {
  /** The HTTP status. */
  readonly status: number;
  readonly errors: GhostApiError[];

  constructor(request: string, status: number, body: string) {
    const errors = errorsIn(body);
    const words = errors.flatMap(({ message, context, help }) => [message, context, help]);
    const reason = [...new Set(words.filter(Boolean))].join(' ') || body.slice(0, 500);
    super('ADMIN_API_REFUSED', `${request} was answered ${status}: ${reason}`, {
      context: { request, status, errors },
    });
    this.status = status;
    this.errors = errors;
  }
}

function errorsIn(body: string): GhostApiError[] {
  try {
    return JSON.parse(body).errors ?? [];
  } catch {
    return [];
  }
}

/**
 * Sends requests the way Ghost Admin does behind an edge: the session's cookie is kept, `Origin` is
 * the site's (Ghost compares it on every request with a session), `X-Forwarded-Proto` its protocol.
 */
export function createAdminRequest(
  target: AdminTarget,
  fetch: typeof globalThis.fetch,
): AdminRequest {
  const site = new URL(`${target.url.replace(/\/$/, '')}/ghost/api/admin/`);
  const base = new URL(site.pathname, target.listenUrl ?? target.url);
  const cookies = new Map<string, string>();

  return async <Body>(method: string, path: string, options: AdminRequestOptions = {}) => {
    const address = new URL(`${path}/`, base);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const response = await fetch(address, {
      method,
      redirect: 'manual',
      headers: {
        // Ghost closes what idles for 5 s, and what is on its way then has no answer.
        connection: 'close',
        origin: site.origin,
        'x-forwarded-proto': site.protocol.slice(0, -1),
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: options.form ?? (options.json === undefined ? null : JSON.stringify(options.json)),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name && value !== undefined) cookies.set(name, value);
    }

    const body = await response.text();
    if (!response.ok) throw new AdminApiError(`${method} ${path}`, response.status, body);
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return (isJson ? JSON.parse(body) : undefined) as Body;
  };
}
