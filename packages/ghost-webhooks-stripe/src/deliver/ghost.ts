import { failureCodeOf, parseRetryAfter, wasNeverSent } from '@prosora/service';
import { sign } from '../webhook/signature.ts';
import type { GhostAnswer } from './ghost-answers.ts';

/** Ghost's webhook route (`core/server/web/members/app.js`), below the site's own path. */
const WEBHOOK_PATH = '/members/webhooks/stripe/';

/** How Ghost is reached. */
export interface GhostOptions {
  /** Where Ghost itself listens, with the path of a site in a subdirectory. */
  url: string;
  /** Ghost's `WEBHOOK_SECRET`, two while it changes, or where to get those of the moment. */
  secrets: readonly string[] | (() => readonly string[]);
  /** Ghost goes on working after its caller has hung up, so be patient. (Default: 90,000) */
  timeoutMs?: number;
  /** (Default: the global one) */
  fetch?: typeof fetch;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** Ghost, as a receiver of Stripe's events. */
export interface Ghost {
  /** Sends a body, signed now; never throws. */
  post(body: Uint8Array, signal?: AbortSignal): Promise<GhostAnswer>;
}

/** A page of maintenance may name any time, by whatever clock; a wait beyond the budget of retries would end them. */
const LONGEST_WAIT_MS = 3_600_000;

/** Makes the client of one Ghost. */
export function createGhost(options: GhostOptions): Ghost {
  const { secrets, timeoutMs = 90_000, fetch: call = fetch, now = Date.now } = options;
  const secretsNow = typeof secrets === 'function' ? secrets : () => secrets;
  const url = options.url.replace(/\/$/, '') + WEBHOOK_PATH;

  return {
    async post(body, signal) {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const response = await call(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json; charset=utf-8',
            'stripe-signature': sign(body, { secrets: secretsNow(), now }),
            // Without it Ghost answers 301 to the site's https address.
            'x-forwarded-proto': 'https',
          },
          // fetch takes any Uint8Array over an ArrayBuffer, which is what the store and the socket give.
          body: body as Uint8Array<ArrayBuffer>,
          redirect: 'manual',
          signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        });
        await response.body?.cancel();
        const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), now());
        return {
          kind: 'status',
          status: response.status,
          ...(retryAfterMs !== undefined && {
            retryAfterMs: Math.min(retryAfterMs, LONGEST_WAIT_MS),
          }),
          ...(isMaintenance(response) && { isClosed: true }),
        };
      } catch (error) {
        const reason = failureCodeOf(error);
        return { kind: wasNeverSent(error) ? 'unsent' : 'unanswered', reason };
      }
    },
  };
}

/**
 * Whether a 503 is the page that Ghost shows before it looks at a request (`maintenanceMiddleware` in
 * `core/app.js`), and not a proxy's or one of Stripe's API: its answers to webhooks have no such header.
 */
function isMaintenance({ status, headers }: Response): boolean {
  return status === 503 && headers.get('cache-control') === MAINTENANCE_CACHE_CONTROL;
}

const MAINTENANCE_CACHE_CONTROL =
  'no-cache, private, no-store, must-revalidate, max-stale=0, post-check=0, pre-check=0';
