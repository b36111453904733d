import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readRawBody } from '@prosora/service';
import type { Request, RequestHandler } from 'express';
import { CollectorError } from './errors.ts';

/** Where charts are read. */
export interface PipesOptions {
  /** Without a slash at its end. */
  upstreamUrl: string;
  timeoutMs: number;
  fetch?: typeof fetch;
}

const MAX_PARAMETERS_BYTES = 100_000;
/** Nothing that a URL parser could take for a way out of the folder of pipes. */
const PIPE_FILE = /^\w{1,200}\.\w{1,20}$/;
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
 */
export function createPipes(options: PipesOptions): RequestHandler {
  const ask = options.fetch ?? globalThis.fetch;

  return async (request, response) => {
    const file = String(request.params['file']);
    if (!PIPE_FILE.test(file)) throw new CollectorError('NOT_FOUND', 'there is no such pipe');
    const query = /\?.*/s.exec(request.url)?.[0] ?? '';
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const body = await bodyOf(request, options.timeoutMs);
    const answer = await ask(`${options.upstreamUrl}/v0/pipes/${file}${query}`, {
      method: request.method,
      headers: picked(REQUEST_HEADERS, (name) => request.get(name)),
      redirect: 'manual',
      signal: AbortSignal.any([gone.signal, timeout]),
      ...(body && { body }),
    }).catch((cause: unknown) => {
      throw timeout.aborted
        ? new CollectorError('UPSTREAM_TIMEOUT', 'the upstream takes too long', { cause })
        : new CollectorError('UPSTREAM_UNAVAILABLE', 'the upstream does not answer', { cause });
    });
    response.status(answer.status);
    response.set(picked(RESPONSE_HEADERS, (name) => answer.headers.get(name) ?? undefined));
    if (!answer.body) return void response.end();
    // A reader that goes away, or an upstream that breaks off, leaves nothing to be said.
    await pipeline(Readable.fromWeb(answer.body), response).catch(() => response.destroy());
  };
}

async function bodyOf(request: Request, timeoutMs: number): Promise<Buffer | undefined> {
  if (request.method !== 'POST') return undefined;
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
