import { allowAnyOrigin, type Logger, readRawBody } from '@prosora/service';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
} from 'express';
import type { CollectorMetrics } from './collector-metrics.ts';
import { CollectorError } from './errors.ts';
import { readPageHit } from './page-hit.ts';
import { PIXEL, readPixel } from './pixel.ts';
import { createReceive, type ReceiveOptions } from './receive.ts';
import { type createSync, MAX_SYNC_BYTES } from './tinybird-sync.ts';

/** What the public side stands on. */
export interface AppOptions extends ReceiveOptions {
  datasource: string;
  sites?: readonly string[] | undefined;
  trustedProxies: string[];
  /** Answers charts. */
  pipes: RequestHandler;
  /** Takes what Ghost synchronises; without it the route does not exist. */
  sync?: ReturnType<typeof createSync> | undefined;
  /** Whether a page may be counted by a picture. */
  pixel: boolean;
  metrics: CollectorMetrics;
  logger: Logger;
}

/** The limit of TryGhost/TrafficAnalytics. */
const MAX_HIT_BYTES = 20 * 1_024;
const HIT_TIMEOUT_MS = 10_000;
const SYNC_TIMEOUT_MS = 60_000;
const RETRY_AFTER_SECONDS: Record<number, string> = { 429: '60', 503: '10' };
/** A site in a subdirectory has a path in front of it as well. */
const SITE_PREFIX = /^[^?]*?\/\.ghost\/analytics(?=\/)/;
const HIT_PATHS = new Set(['/api/v1/page_hit', '/api/v1/page_hit.gif']);

/** Creates the public side: page hits, charts, and 404 for all else. */
export function createApp(options: AppOptions): Express {
  const { metrics, sync, sites } = options;
  const receive = createReceive(options);
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.set('trust proxy', options.trustedProxies);
  app.use((request, _response, next) => {
    request.url = request.url.replace(SITE_PREFIX, '');
    next();
  });
  app.use(allowAnyOrigin);
  app.post('/api/v1/page_hit', async (request, response) => {
    metrics.hit(await receive(request, () => readBody(options, request)));
    // A bot gets the same words, so it cannot tell.
    response.status(202).json({ message: 'Page hit event received' });
  });
  if (options.pixel) {
    app.get('/api/v1/page_hit.gif', async (request, response) => {
      metrics.hit(await receive(request, () => readPixel(request, sites)));
      response.set({ 'Content-Type': 'image/gif', 'Cache-Control': 'no-store' }).send(PIXEL);
    });
  }
  if (sync) {
    app.post('/api/v1/tinybird-sync', async (request, response) => {
      sync.authorize(request);
      const limits = { maxBodyBytes: MAX_SYNC_BYTES, timeoutMs: SYNC_TIMEOUT_MS };
      await sync.handOn((await readRawBody(request, limits)).toString('utf8'));
      response.status(202).json({ message: 'Rows received' });
    });
  }
  app.route('/v0/pipes/:file').get(options.pipes).post(options.pipes);
  app.use((request) => {
    throw new CollectorError('NOT_FOUND', `there is no ${request.method} ${request.path} here`);
  });
  return app.use(answerError(options));
}

async function readBody({ datasource, sites }: AppOptions, request: Request) {
  const limits = { maxBodyBytes: MAX_HIT_BYTES, timeoutMs: HIT_TIMEOUT_MS };
  const body = await readRawBody(request, limits);
  if (request.query['name'] !== datasource) {
    throw new CollectorError('REQUEST_INVALID', `querystring.name must be ${datasource}`);
  }
  // A beacon's text is text/plain, so that the browser need not ask before it sends.
  if (!request.is(['application/json', 'text/plain'])) {
    throw new CollectorError('CONTENT_TYPE_REFUSED', 'send application/json or text/plain');
  }
  return readPageHit({
    body: body.toString('utf8'),
    siteHeader: request.get('x-site-uuid'),
    sites,
  });
}

function answerError({ metrics, logger }: AppOptions): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    // Express's own errors carry a status and no code.
    const { code = 'failed', status = 500, message = '' } = thrown as Partial<CollectorError>;
    if (HIT_PATHS.has(request.path)) metrics.hit(code.toLowerCase());
    if (status >= 500 && code !== 'SPOOL_FULL') logger.error({ err: thrown }, 'request failed');
    const retryAfter = RETRY_AFTER_SECONDS[status];
    if (retryAfter && !response.hasHeader('retry-after')) response.set('Retry-After', retryAfter);
    // The rest of a body that was refused is not read, so the connection cannot be used again.
    if (!request.complete) response.set('Connection', 'close');
    const text = status === 500 ? 'the collector failed' : message;
    response.status(status).json({ message: text, error: text });
  };
}
