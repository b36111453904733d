import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { allowAnyOrigin, type Logger, readRawBody } from '@prosora/service';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { CollectorMetrics } from './collector-metrics.ts';
import { CollectorError } from './errors.ts';
import { createPageHitRoute } from './page-hit-route.ts';
import { PIXEL, readPixel } from './pixel.ts';
import { createReceive, type ReceiveOptions } from './receive.ts';
import { type createSync, MAX_SYNC_BYTES } from './tinybird-sync.ts';

/** What the public side stands on. */
export interface AppOptions extends ReceiveOptions {
  datasource: string;
  sites?: readonly string[] | undefined;
  /** Answers charts. */
  pipes: RequestHandler;
  /** Takes what Ghost synchronises; without it the route does not exist. */
  sync?: ReturnType<typeof createSync> | undefined;
  /** Whether a page may be counted by a picture. */
  pixel: boolean;
  metrics: CollectorMetrics;
  logger: Logger;
}

const SYNC_TIMEOUT_MS = 60_000;
const RETRY_AFTER_SECONDS: Record<number, string> = { 429: '60', 503: '10' };
/** A site in a subdirectory has a path in front of it as well. */
const SITE_PREFIX = /^[^?]*?\/\.ghost\/analytics(?=\/)/;
const PIXEL_PATH = '/api/v1/page_hit.gif';

/** Creates the public side: page hits, charts, and 404 for all else. */
export function createApp(options: AppOptions): RequestListener {
  const { metrics, sync, sites } = options;
  const receive = createReceive(options);
  const refuse = createRefuse(options);
  const takePageHit = createPageHitRoute({
    ...options,
    receive,
    refuse(thrown, request, response) {
      metrics.hit(codeOf(thrown));
      refuse(thrown, request, response);
    },
  });
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use((request, _response, next) => {
    request.url = request.url.replace(SITE_PREFIX, '');
    next();
  });
  app.use(allowAnyOrigin);
  if (options.pixel) {
    app.get(PIXEL_PATH, async (request, response) => {
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
  const answerError: ErrorRequestHandler = (thrown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    if (request.path === PIXEL_PATH) metrics.hit(codeOf(thrown));
    refuse(thrown, request, response);
  };
  app.use(answerError);
  return (request, response) => {
    if (!takePageHit(request, response)) app(request, response);
  };
}

/** Express's own errors carry a status and no code. */
function codeOf(thrown: unknown): string {
  return ((thrown as Partial<CollectorError>).code ?? 'failed').toLowerCase();
}

/** Answers what was thrown: a sentence for the sender of a bad request, and none about ourselves. */
function createRefuse({ logger }: AppOptions) {
  return (thrown: unknown, request: IncomingMessage, response: ServerResponse): void => {
    const { code, status = 500, message = '' } = thrown as Partial<CollectorError>;
    if (status >= 500 && code !== 'SPOOL_FULL') logger.error({ err: thrown }, 'request failed');
    const retryAfter = RETRY_AFTER_SECONDS[status];
    if (retryAfter && !response.hasHeader('retry-after')) {
      response.setHeader('Retry-After', retryAfter);
    }
    // The rest of a body that was refused is not read, so the connection cannot be used again.
    if (!request.complete) response.setHeader('Connection', 'close');
    const text = status === 500 ? 'the collector failed' : message;
    const body = JSON.stringify({ message: text, error: text });
    response.writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  };
}
