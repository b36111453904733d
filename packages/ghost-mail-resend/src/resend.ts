import { z } from 'zod';
import { retryAfterMs } from './retry-after.ts';

/** How Resend is reached. */
export interface ResendOptions {
  apiKey: string;
  /** (Default: `https://api.resend.com`) */
  baseUrl?: string;
  /** Longest duration of one call. (Default: 60,000) */
  timeoutMs?: number;
  /** (Default: the global one) */
  fetch?: typeof fetch;
}

/** What came back from Resend; `status` is null when nothing did. */
export interface ResendAnswer {
  status: number | null;
  /** Resend's word for the error, such as `rate_limit_exceeded`, or the network's code. */
  name: string | null;
  /** Resend's sentence for the error, or what the network said. */
  message: string;
  /** The parsed body of a 2xx. */
  body: unknown;
  /** Calls allowed in a second, calls left of them, and ms until there are more. */
  rate: {
    limit: number | null;
    remaining: number | null;
    resetMs: number | null;
    /** The stretch that the limit counts. */
    windowMs: number | null;
  };
  /** The wait that Resend asked for. */
  retryAfterMs: number | null;
}

/** The one call that needs its exact bytes in our hands. */
export interface ResendClient {
  /**
   * `POST /emails/batch` for a list, permissive: mails that Resend finds wrong are named, the others go out;
   * `POST /emails` for a single mail, which may carry files. Never throws: whatever happens is an answer.
   */
  send(bytes: Uint8Array, idempotencyKey: string, signal?: AbortSignal): Promise<ResendAnswer>;
}

/** `[` */
const LIST = 0x5b;

const errorSchema = z.object({ name: z.string(), message: z.string() });

/** Creates the client. The SDK is not used here, since it serialises bodies by itself. */
export function createResendClient(options: ResendOptions): ResendClient {
  const { apiKey, baseUrl = 'https://api.resend.com', timeoutMs = 60_000 } = options;
  const call = options.fetch ?? fetch;
  return {
    async send(bytes, idempotencyKey, signal) {
      const signals = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
      try {
        const response = await call(`${baseUrl}/emails${bytes[0] === LIST ? '/batch' : ''}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${apiKey}`,
            'content-type': 'application/json',
            'idempotency-key': idempotencyKey,
            'user-agent': 'prosora-mail',
            'x-batch-validation': 'permissive',
          },
          body: bytes,
          signal: AbortSignal.any(signals),
        });
        return toAnswer(response, await response.text());
      } catch (error) {
        return noAnswer(error);
      }
    },
  };
}

function toAnswer(response: Response, text: string): ResendAnswer {
  const body = parseJson(text);
  const error = response.ok ? undefined : errorSchema.safeParse(body).data;
  const number = (name: string) => {
    const value = Number.parseFloat(response.headers.get(name) ?? '');
    return Number.isNaN(value) ? null : value;
  };
  const resetSeconds = number('ratelimit-reset');
  return {
    status: response.status,
    name: error?.name ?? null,
    message: error?.message ?? `Resend answered ${response.status}.`,
    body,
    rate: {
      limit: number('ratelimit-limit'),
      remaining: number('ratelimit-remaining'),
      resetMs: resetSeconds === null ? null : resetSeconds * 1000,
      windowMs: windowMs(response.headers.get('ratelimit-policy')),
    },
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
  };
}

function noAnswer(error: unknown): ResendAnswer {
  // The global fetch wraps what the socket said.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: unknown }).code;
  return {
    status: null,
    name: typeof code === 'string' ? code : null,
    message: cause instanceof Error ? cause.message : String(cause),
    body: undefined,
    rate: { limit: null, remaining: null, resetMs: null, windowMs: null },
    retryAfterMs: null,
  };
}

/** `5;w=1`: five in a second. */
function windowMs(policy: string | null): number | null {
  const seconds = Number(/;\s*w=(\d+)/.exec(policy ?? '')?.[1] ?? 0);
  return seconds > 0 ? seconds * 1000 : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
