import { failureCodeOf, ProsoraError, parseRetryAfter } from '@prosora/service';
import * as z from 'zod';

/** Which zone of Cloudflare's, and who asks. */
export interface CloudflareOptions {
  /** Of the API, with its version. */
  apiUrl: string;
  token: string;
}

/**
 * What became of a call. `unanswered` may have been done; asking twice for the same does no harm here, so it is simply
 * asked again.
 */
export type CloudflareAnswer =
  | { kind: 'done'; result: unknown }
  /** The token is unknown, has expired, or may not do this. */
  | { kind: 'forbidden'; reason: string }
  | { kind: 'missing'; reason: string }
  | { kind: 'refused'; reason: string }
  | { kind: 'limited'; reason: string; afterMs: number | undefined }
  | { kind: 'unanswered'; reason: string };

/** Cloudflare's API: https://developers.cloudflare.com/api/ */
export interface Cloudflare {
  /** Never throws. @param path from `/zones` on */
  ask(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<CloudflareAnswer>;
  /**
   * The result of a call that has to succeed, `none` where there is nothing of that name.
   *
   * @throws ProsoraError `CLOUDFLARE` with what it said
   */
  get<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    none?: z.output<Schema>,
  ): Promise<z.output<Schema>>;
}

const envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
});

/** An answer is a few kB; somebody between may send a page of any length. */
const REASON_LENGTH = 300;
const TIMEOUT_MS = 20_000;

/** Creates a client with one token. */
export function createCloudflare({ apiUrl, token }: CloudflareOptions): Cloudflare {
  const base = apiUrl.replace(/\/$/, '');

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<CloudflareAnswer> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(base + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      return verdictOf(response.status, response.headers, await response.text());
    } catch (error) {
      return { kind: 'unanswered', reason: `no answer: ${failureCodeOf(error)}` };
    }
  }

  return {
    ask,
    async get(path, schema, none) {
      const answer = await ask('GET', path);
      if (answer.kind === 'done') return schema.parse(answer.result);
      if (answer.kind === 'missing' && none !== undefined) return none;
      throw new ProsoraError('CLOUDFLARE', `Cloudflare: ${answer.reason}.`, {
        help:
          answer.kind === 'forbidden'
            ? 'Look at the token at https://dash.cloudflare.com/profile/api-tokens.'
            : 'Try again in a while.',
      });
    },
  };
}

/** What an answer means; a 200 that is not Cloudflare's own is none. */
function verdictOf(status: number, headers: Headers, text: string): CloudflareAnswer {
  const parsed = envelope.safeParse(jsonOf(text));
  const said = parsed.success
    ? parsed.data.errors.map(({ code, message }) => `${message} (${code})`).join('; ')
    : '';
  const reason = `${status}${said && ` ${said}`}`.slice(0, REASON_LENGTH);
  if (status === 429) {
    const afterMs = parseRetryAfter(headers.get('retry-after'), Date.now());
    return { kind: 'limited', reason, afterMs };
  }
  if (status >= 500 || !parsed.success) return { kind: 'unanswered', reason };
  if (status === 401 || status === 403) return { kind: 'forbidden', reason };
  if (status === 404 || status === 405) return { kind: 'missing', reason };
  if (status >= 400 || !parsed.data.success) return { kind: 'refused', reason };
  return { kind: 'done', result: parsed.data.result };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
