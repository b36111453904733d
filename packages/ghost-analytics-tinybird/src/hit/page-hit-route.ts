import type { IncomingMessage, ServerResponse } from 'node:http';
import { readRawBody } from '@prosora/service';
import { CollectorError } from '../errors.ts';
import { createEndOfTurn } from './end-of-turn.ts';
import { type PageHit, readPageHit } from './page-hit.ts';
import type { createReceive } from './receive.ts';
import { remember } from './remember.ts';

/** What a page's hit is answered with. */
export interface PageHitRouteOptions {
  /** The name of Ghost's data source, which the address carries. */
  datasource: string;
  sites?: readonly string[] | undefined;
  receive: ReturnType<typeof createReceive>;
  /** Counts each hit by what became of it. */
  metrics: { hit(outcome: string): void };
  /** Answers what was thrown. */
  refuse: (thrown: unknown, request: IncomingMessage, response: ServerResponse) => void;
}

/** The size is that of TryGhost/TrafficAnalytics. */
const LIMITS = { maxBodyBytes: 20 * 1_024, timeoutMs: 10_000 };
const HIT_URL = /^(?:[^?]*?\/\.ghost\/analytics)?\/api\/v1\/page_hit\/?(?:\?(.*))?$/s;
/** A beacon's text is text/plain, so that the browser need not ask before it sends. */
const HIT_TYPE = /^\s*(?:application\/json|text\/plain)\s*(?:;|$)/i;
const datasourceIn = remember((query) => new URLSearchParams(query).get('name') ?? '');
/** A bot gets the same words, so it cannot tell. */
const RECEIVED = JSON.stringify({ message: 'Page hit event received' });
const RECEIVED_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Content-Type': 'application/json; charset=utf-8',
  'Content-Length': Buffer.byteLength(RECEIVED),
};

/**
 * Creates the route of page hits, which looks only once at what a hit is asked for with.
 *
 * @returns the function; it says whether a request was its own and answers that
 */
export function createPageHitRoute(options: PageHitRouteOptions) {
  const { receive, metrics, refuse } = options;
  const endOfTurn = createEndOfTurn();

  const readHit = async (request: IncomingMessage, query: string): Promise<PageHit> => {
    const body = await readRawBody(request, LIMITS);
    await endOfTurn();
    return hitIn(request, query, body.toString('utf8'), options);
  };
  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    query: string,
  ): Promise<void> => {
    try {
      metrics.hit(await receive(request, () => readHit(request, query)));
      response.writeHead(202, RECEIVED_HEADERS).end(RECEIVED, 'latin1');
    } catch (thrown) {
      response.setHeader('Access-Control-Allow-Origin', '*');
      refuse(thrown, request, response);
    }
  };

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const match = request.method === 'POST' ? HIT_URL.exec(request.url ?? '') : null;
    if (match) void answer(request, response, match[1] ?? '');
    return match !== null;
  };
}

function hitIn(
  { headers }: IncomingMessage,
  query: string,
  body: string,
  { datasource, sites }: PageHitRouteOptions,
): PageHit {
  if (datasourceIn(query) !== datasource) {
    throw new CollectorError('REQUEST_INVALID', `querystring.name must be ${datasource}`);
  }
  if (!HIT_TYPE.test(headers['content-type'] ?? '')) {
    throw new CollectorError('CONTENT_TYPE_REFUSED', 'send application/json or text/plain');
  }
  return readPageHit({ body, siteHeader: headers['x-site-uuid']?.toString(), sites });
}
