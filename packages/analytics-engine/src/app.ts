import { allowAnyOrigin, type Logger } from '@prosora/service';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type Response,
} from 'express';
import type { Access } from './access/tokens.ts';
import type { Connection } from './database/connection.ts';
import type { Project } from './datafiles/project.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import { EngineError } from './errors.ts';
import { parametersOf } from './http/parameters.ts';
import { lingerAfterAnswer, readBody } from './http/request-body.ts';
import { BATCH_HEADER } from './ingest/batch-header.ts';
import { ingest } from './ingest/ingest.ts';
import type { RoomForBatches } from './ingest/room-for-batches.ts';
import { isSorted } from './sql/is-sorted.ts';
import { pipeSql } from './sql/pipe-sql.ts';

/** What the routes stand on. */
export interface AppOptions {
  project: Project;
  connection: Connection;
  accessOf: (token: string | undefined) => Promise<Access>;
  room: RoomForBatches;
  metrics: EngineMetrics;
  logger: Logger;
  /** What `/tokens` tells to whoever asks; without it the route does not exist. */
  localToken?: string | undefined;
}

const MAX_EVENTS_BYTES = 10_000_000; // Tinybird's limit on its free plan
const BATCH_NAME = /^[\w.:-]{1,200}$/;
const DOCUMENTATION = 'https://www.tinybird.co/docs/api-reference';

/** The part of Tinybird's API that Ghost and its collector use. */
export function createApp(options: AppOptions): Express {
  const { localToken } = options;
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(lingerAfterAnswer, allowAnyOrigin);
  app.get('/v0/pipes/:name.json', (request, response) => answerPipe(options, request, response));
  app.post('/v0/events', (request, response) => appendEvents(options, request, response));
  app.post('/v0/pipes/:name.json', (request, response) => answerPipe(options, request, response));
  if (localToken) {
    app.get('/tokens', (_request, response) => {
      response.json({
        user_token: localToken,
        admin_token: localToken,
        workspace_admin_token: localToken,
      });
    });
  }
  app.use((request) => {
    throw new EngineError('NOT_FOUND', `There is no ${request.method} ${request.path} here.`);
  });
  return app.use(answerError(options.logger));
}

// Nothing of a body is read before it is known that its sender may send it.

async function appendEvents(options: AppOptions, request: Request, response: Response) {
  const { query } = request;
  const name = String(query['name'] ?? '');
  const access = await options.accessOf(tokenOf(request, query));
  const datasource = options.project.datasources.get(name);
  if (!datasource) throw new EngineError('NOT_FOUND', `Data Source ${name} does not exist.`);
  access.assertMayAppend(name);
  const token = request.get(BATCH_HEADER);
  if (token !== undefined && !BATCH_NAME.test(token)) {
    throw new EngineError(
      'REQUEST_INVALID',
      `The header ${BATCH_HEADER} is not the name of a batch.`,
    );
  }
  const body = await readBody(request, MAX_EVENTS_BYTES);
  const batch = { datasource, ndjson: body.toString('utf8'), token, site: access.site };
  const result = await options.room.watch(() => ingest(options.connection, batch));
  options.metrics.rows.inc({ datasource: name, outcome: 'accepted' }, result.successful_rows);
  options.metrics.rows.inc({ datasource: name, outcome: 'quarantined' }, result.quarantined_rows);
  response.status(query['wait'] === 'true' ? 200 : 202).json(result);
}

async function answerPipe(options: AppOptions, request: Request, response: Response) {
  const name = String(request.params['name']);
  // Express parses it anew each time it is read.
  const { query } = request;
  const access = await options.accessOf(tokenOf(request, query));
  const pipe = options.project.pipes.get(name);
  if (!pipe?.isEndpoint) throw new EngineError('NOT_FOUND', `The pipe ${name} does not exist.`);
  const fixed = access.fixedParametersFor(name);
  const parameters = await parametersOf(request, query);
  const stopTimer = options.metrics.queries.startTimer({ pipe: name });
  response.once('close', () => stopTimer({ status: String(response.statusCode) }));
  const sql = pipeSql(options.project, pipe, { ...parameters, ...fixed });
  const answer = await options.connection.query(sql, { isSorted: isSorted(sql) });
  response.set('Content-Type', 'application/json; charset=utf-8').end(answer);
}

function tokenOf(request: Request, query: Request['query']): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
  const parameter = query['token'];
  return bearer ?? (typeof parameter === 'string' ? parameter : undefined);
}

function answerError(logger: Logger): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const error = asEngineError(thrown);
    if (error.status === 500)
      logger.error({ event: 'request.failed', err: error, path: request.path }, 'a request failed');
    if (error.status === 429 || error.status === 503) response.set('Retry-After', '1');
    response.status(error.status).json({ error: error.message, documentation: DOCUMENTATION });
  };
}

/** Errors of Express, as for a path that is not understood, and of reading a body say their status. */
function asEngineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const { status = 500, message = 'The request is not understood.' } = thrown as {
    status?: number;
    message?: string;
  };
  if (status === 408) return new EngineError('BODY_TIMEOUT', message);
  if (status === 413) return new EngineError('BODY_TOO_LARGE', message);
  if (status < 500) return new EngineError('REQUEST_INVALID', message);
  return new EngineError('QUERY_FAILED', 'The engine failed.', { cause: thrown });
}
