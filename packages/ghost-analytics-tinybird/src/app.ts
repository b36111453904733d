import { isIP } from 'node:net';
import { allowAnyOrigin, type Logger, readRawBody } from '@prosora/service';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { whyNotAReader } from './bots.ts';
import type { CollectorMetrics } from './collector-metrics.ts';
import { CollectorError } from './errors.ts';
import { readPageHit } from './page-hit.ts';
import { createPipes } from './pipes.ts';
import { rowOf } from './row.ts';
import type { Spool } from './spool/spool.ts';
import type { Visitor } from './visitor-id.ts';

/** What the public side stands on. */
export interface AppOptions {
  spool: Spool;
  visitorId: (visitor: Visitor) => string;
  datasource: string;
  sites?: readonly string[] | undefined;
  trustedProxies: string[];
  upstreamUrl: string;
  upstreamTimeoutMs: number;
  metrics: CollectorMetrics;
  logger: Logger;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** The limit of TryGhost/TrafficAnalytics. */
const MAX_HIT_BYTES = 20 * 1_024;
const HIT_TIMEOUT_MS = 10_000;
const MAX_USER_AGENT = 1_024;
const RETRY_AFTER_SECONDS = '10';
/** A site in a subdirectory has a path in front of it as well. */
const SITE_PREFIX = /^[^?]*?\/\.ghost\/analytics(?=\/)/;

/** Creates the public side: page hits, charts, and 404 for all else. */
export function createApp(options: AppOptions): Express {
  const { upstreamUrl, upstreamTimeoutMs: timeoutMs, metrics } = options;
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.set('trust proxy', options.trustedProxies);
  app.use((request, _response, next) => {
    request.url = request.url.replace(SITE_PREFIX, '');
    next();
  });
  app.use(allowAnyOrigin);
  app.post('/api/v1/page_hit', async (request, response) => {
    metrics.hit(await takeHit(options, request));
    // A bot gets the same words, so it cannot tell.
    response.status(202).json({ message: 'Page hit event received' });
  });
  const pipes = createPipes({ upstreamUrl, timeoutMs });
  app.route('/v0/pipes/:file').get(pipes).post(pipes);
  app.use((request) => {
    throw new CollectorError('NOT_FOUND', `there is no ${request.method} ${request.path} here`);
  });
  return app.use(answerError(options));
}

/** Counts a hit; when this resolves it is on disk, or it was none of a reader. */
async function takeHit(options: AppOptions, request: Request) {
  const body = await readRawBody(request, {
    maxBodyBytes: MAX_HIT_BYTES,
    timeoutMs: HIT_TIMEOUT_MS,
  });
  if (request.query['name'] !== options.datasource) {
    throw new CollectorError('REQUEST_INVALID', `querystring.name must be ${options.datasource}`);
  }
  // A beacon's text is text/plain, so that the browser need not ask before it sends.
  if (!request.is(['application/json', 'text/plain'])) {
    throw new CollectorError('CONTENT_TYPE_REFUSED', 'send application/json or text/plain');
  }
  const userAgent = request.get('user-agent')?.trim().slice(0, MAX_USER_AGENT);
  if (!userAgent) throw new CollectorError('REQUEST_INVALID', 'headers.user-agent is missing');
  const hit = readPageHit({
    body: body.toString('utf8'),
    siteHeader: request.get('x-site-uuid'),
    sites: options.sites,
  });
  const notAReader = whyNotAReader(request.headers);
  if (notAReader) return notAReader;
  const { site_uuid } = hit.payload;
  const row = rowOf(hit, {
    visitorId: options.visitorId({ site_uuid, address: addressOf(request), userAgent }),
    userAgent,
    receivedAt: new Date((options.now ?? Date.now)()),
    edgeStart: request.get('x-ghost-analytics-start'),
  });
  await options.spool.append(JSON.stringify(row));
  return 'accepted' as const;
}

/** The nearest address that is no trusted proxy; a header without an address in it says nothing. */
function addressOf(request: Request): string {
  const believed = request.ip ?? '';
  return isIP(believed) ? believed : (request.socket.remoteAddress ?? '');
}

function answerError({ metrics, logger }: AppOptions): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    // Express's own errors carry a status and no code.
    const { code = 'failed', status = 500, message = '' } = thrown as Partial<CollectorError>;
    if (request.path === '/api/v1/page_hit') metrics.hit(code.toLowerCase());
    if (status >= 500 && code !== 'SPOOL_FULL') logger.error({ err: thrown }, 'request failed');
    if (status === 503) response.set('Retry-After', RETRY_AFTER_SECONDS);
    // The rest of a body that was refused is not read, so the connection cannot be used again.
    if (!request.complete) response.set('Connection', 'close');
    const text = status === 500 ? 'the collector failed' : message;
    response.status(status).json({ message: text, error: text });
  };
}
