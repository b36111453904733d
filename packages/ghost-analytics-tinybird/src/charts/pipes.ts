import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClockGuard, readRawBody } from '@prosora/service';
import { CollectorError } from '../errors.ts';
import { type ChartAnswer, createChartCache } from './chart-cache.ts';
import { createQueryBudget } from './query-budget.ts';

/** Where charts are read. */
export interface PipesOptions {
  /** Without a slash at its end. */
  upstreamUrl: string;
  timeoutMs: number;
  /** How long an answer is given again; 0 asks each time. */
  cacheMs: number;
  /** How often the upstream may be asked in 24 hours. */
  queriesPerDay?: number | undefined;
  /** Milliseconds since 1970, of a clock that does not jump, and the latest that it can be. */
  clock: Pick<ClockGuard, 'now' | 'latest'>;
  /** Who asks. */
  addressOf: (request: IncomingMessage) => string;
  /** Hears of each question where its answer came from. */
  onAnswer?: (source: 'upstream' | 'cache' | 'spent') => void;
  fetch?: typeof fetch;
}

const MAX_PARAMETERS_BYTES = 100_000;
/** Nothing that a URL parser could take for a way out of the folder of pipes. */
const PIPE = /^\w{1,200}\.\w{1,20}(?:\?|$)/;
/** What the upstream gets to see of a request; its own client address and cookies are none of its business. */
const REQUEST_HEADERS = ['authorization', 'content-type', 'accept'];
const RESPONSE_HEADERS = [
  'content-type',
  'retry-after',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
];

/**
 * Passes a question to a pipe on, and its answer back: Ghost in production calls no private address but
 * that of the site itself (core/server/lib/request-external.js), so charts have to be read at the site.
 *
 * @returns the function; `pipe` is the file with its query. It throws CollectorError `NOT_FOUND`,
 * `TOKEN_MISSING`, `TOO_MANY_QUERIES`, `UPSTREAM_TIMEOUT` or `UPSTREAM_UNAVAILABLE`, and RawBodyError.
 */
export function createPipes(options: PipesOptions) {
  const { upstreamUrl, cacheMs, queriesPerDay, onAnswer, addressOf } = options;
  const { now, latest } = options.clock;
  const budget = queriesPerDay === undefined ? undefined : createQueryBudget(queriesPerDay, now);
  const answerTo = createChartCache({ ttlMs: cacheMs, budget, now, latest });

  return async (request: IncomingMessage, response: ServerResponse, pipe: string) => {
    if (!PIPE.test(pipe)) throw new CollectorError('NOT_FOUND', 'there is no such pipe');
    const token = tokenOf(request, pipe);
    if (!token) throw new CollectorError('TOKEN_MISSING', 'a question for a chart needs its token');
    const body = request.method === 'POST' ? await bodyOf(request, options.timeoutMs) : undefined;
    let source: 'upstream' | 'cache' = 'cache';
    const result = await answerTo(
      {
        path: `${pipe}\n${body ?? ''}`,
        token,
        address: addressOf(request),
        tokenEndsMs: endOf(token),
      },
      () => {
        source = 'upstream';
        return ask(options, `${upstreamUrl}/v0/pipes/${pipe}`, request, body);
      },
    );
    onAnswer?.(result.kind === 'spent' ? 'spent' : source);
    if (result.kind === 'spent') {
      response.setHeader('Retry-After', String(Math.ceil(result.waitMs / 1_000)));
      throw new CollectorError('TOO_MANY_QUERIES', 'all questions of the day are asked');
    }
    send(response, result.answer, result.ageMs);
  };
}

function send(
  response: ServerResponse,
  { status, headers, body }: ChartAnswer,
  ageMs: number,
): void {
  if (ageMs > 0) response.setHeader('Age', Math.floor(ageMs / 1_000));
  response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
}

/** Not aborted with the caller: others may wait for the same answer, and the question is spent. */
async function ask(
  options: PipesOptions,
  url: string,
  request: IncomingMessage,
  body: Buffer | undefined,
): Promise<ChartAnswer> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  try {
    const answer = await (options.fetch ?? globalThis.fetch)(url, {
      // An answer is kept for GET as well, so HEAD has to ask for all of it.
      method: body ? 'POST' : 'GET',
      headers: picked(REQUEST_HEADERS, (name) => request.headers[name]?.toString()),
      redirect: 'manual',
      signal: timeout,
      ...(body && { body: new Uint8Array(body) }),
    });
    return {
      status: answer.status,
      headers: picked(RESPONSE_HEADERS, (name) => answer.headers.get(name) ?? undefined),
      body: Buffer.from(await answer.arrayBuffer()),
    };
  } catch (cause) {
    throw timeout.aborted
      ? new CollectorError('UPSTREAM_TIMEOUT', 'the upstream takes too long', { cause })
      : new CollectorError('UPSTREAM_UNAVAILABLE', 'the upstream does not answer', { cause });
  }
}

/** As Tinybird takes it: in the header, or as `?token=`. */
function tokenOf({ headers }: IncomingMessage, pipe: string): string {
  const query = pipe.slice(pipe.indexOf('?') + 1);
  return headers.authorization?.trim() || (new URLSearchParams(query).get('token') ?? '');
}

/** When a JWT ends. Not verified here: the upstream did that when it answered the same token before. */
function endOf(authorization: string): number | undefined {
  try {
    const claims = authorization.split('.')[1] ?? '';
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage, timeoutMs: number): Promise<Buffer> {
  return await readRawBody(request, { maxBodyBytes: MAX_PARAMETERS_BYTES, timeoutMs });
}

function picked(
  names: readonly string[],
  find: (name: string) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = find(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
