import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { allowAnyOrigin, type Logger, readRawBody } from '@prosora/service';
import type { createPipes } from './charts/pipes.ts';
import type { CollectorMetrics } from './collector-metrics.ts';
import { CollectorError } from './errors.ts';
import { createPageHitRoute } from './hit/page-hit-route.ts';
import { PIXEL, readPixel } from './hit/pixel.ts';
import { createReceive, type ReceiveOptions } from './hit/receive.ts';
import { type createSync, MAX_SYNC_BYTES } from './send/tinybird-sync.ts';

/** What the public side stands on. */
export interface AppOptions extends ReceiveOptions {
  datasource: string;
  sites?: readonly string[] | undefined;
  /** Answers charts. */
  pipes: ReturnType<typeof createPipes>;
  /** Takes what Ghost synchronises; without it the route does not exist. */
  sync?: ReturnType<typeof createSync> | undefined;
  /** Whether a page may be counted by a picture. */
  pixel: boolean;
  metrics: CollectorMetrics;
  logger: Logger;
}

interface Route {
  /** The methods, spelled as in the request, and the path they are for. */
  pattern: RegExp;
  /** @param query with its question mark; empty without one */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    at: { parts: string[]; query: string },
  ): Promise<void>;
}

const SYNC_TIMEOUT_MS = 60_000;
const RETRY_AFTER_SECONDS: Record<number, string> = { 429: '60', 503: '10' };
/** A site in a subdirectory has a path in front of it as well. */
const ADDRESS = /^(?:[^?]*?\/\.ghost\/analytics(?=\/))?([^?]*)(.*)$/s;

/**
 * Creates the public side: page hits, charts, and 404 for all else. Without Express, which takes 20 MB
 * of memory to start.
 */
export function createApp(options: AppOptions): RequestListener {
  const { metrics, sync, sites, pipes } = options;
  const receive = createReceive(options);
  const refuse = createRefuse(options);
  const refuseHit: typeof refuse = (thrown, request, response) => {
    metrics.hit(codeOf(thrown));
    refuse(thrown, request, response);
  };
  const takePageHit = createPageHitRoute({ ...options, receive, refuse: refuseHit });
  const routes: Route[] = [
    {
      pattern: /^(?:GET|HEAD|POST) \/v0\/pipes\/([^/]+)\/?$/,
      answer: (request, response, { parts: [file = ''], query }) =>
        pipes(request, response, `${file}${query}`),
    },
  ];
  if (options.pixel) {
    routes.push({
      pattern: /^(?:GET|HEAD) \/api\/v1\/page_hit\.gif\/?$/,
      async answer(request, response, { query }) {
        try {
          metrics.hit(await receive(request, () => readPixel(request, query, sites)));
        } catch (thrown) {
          return refuseHit(thrown, request, response);
        }
        const headers = { 'Content-Type': 'image/gif', 'Cache-Control': 'no-store' };
        response.writeHead(200, { ...headers, 'Content-Length': PIXEL.length }).end(PIXEL);
      },
    });
  }
  if (sync) {
    routes.push({
      pattern: /^POST \/api\/v1\/tinybird-sync\/?$/,
      async answer(request, response) {
        sync.authorize(request);
        const limits = { maxBodyBytes: MAX_SYNC_BYTES, timeoutMs: SYNC_TIMEOUT_MS };
        await sync.handOn((await readRawBody(request, limits)).toString('utf8'));
        answerJson(response, 202, { message: 'Rows received' });
      },
    });
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, path = '', query = ''] = ADDRESS.exec(request.url ?? '') ?? [];
    const asked = `${request.method} ${path}`;
    try {
      for (const route of routes) {
        const parts = route.pattern.exec(asked)?.slice(1);
        if (parts) return await route.answer(request, response, { parts, query });
      }
      throw new CollectorError('NOT_FOUND', `there is no ${asked} here`);
    } catch (thrown) {
      refuse(thrown, request, response);
    }
  };
  return (request, response) => {
    if (takePageHit(request, response)) return;
    allowAnyOrigin(request, response, () => void answer(request, response));
  };
}

/** What is thrown by mistake has no code. */
function codeOf(thrown: unknown): string {
  return ((thrown as Partial<CollectorError>).code ?? 'failed').toLowerCase();
}

/** Answers what was thrown: a sentence for the sender of a bad request, and none about ourselves. */
function createRefuse({ logger }: AppOptions) {
  return (thrown: unknown, request: IncomingMessage, response: ServerResponse): void => {
    const { code, status = 500, message = '' } = thrown as Partial<CollectorError>;
    if (status >= 500 && code !== 'SPOOL_FULL')
      logger.error({ event: 'request.failed', err: thrown }, 'a request failed');
    const retryAfter = RETRY_AFTER_SECONDS[status];
    if (retryAfter && !response.hasHeader('retry-after')) {
      response.setHeader('Retry-After', retryAfter);
    }
    // The rest of a body that was refused is not read, so the connection cannot be used again.
    if (!request.complete) response.setHeader('Connection', 'close');
    const text = status === 500 ? 'the collector failed' : message;
    answerJson(response, status, { message: text, error: text });
  };
}

function answerJson(response: ServerResponse, status: number, content: object): void {
  const body = JSON.stringify(content);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
