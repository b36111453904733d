import express, { type Request, type Response, Router } from 'express';
import { tokenOf } from './events-routes.ts';
import type { Quota } from './quota.ts';
import { TinybirdRefusal } from './refusal.ts';
import { authorize, resourceNamed, type Workspace } from './workspace.ts';

/** The one question of SQL that is understood: how many rows there are, of one site, up to a time, or all. */
const COUNT =
  /^\s*SELECT\s+count\(\)\s*(?:AS\s+(\w+)\s+)?FROM\s+(\w+)(?:\s+WHERE\s+(?:site_uuid\s*=\s*'([\da-f-]{36})'|timestamp\s*<=\s*toDateTime\('([\d :-]{19})'\)))?\s*(?:FORMAT\s+JSON)?\s*;?\s*$/i;

/**
 * Endpoints and `/v0/sql`. There is no ClickHouse in here: an endpoint that exists answers no rows, so
 * whoever wants charts asks the analytics engine. What is real is who may ask, and how often.
 */
export function queryRoutes(workspace: Workspace, quota: Quota): Router {
  const router = Router();
  const answerPipe = (request: Request, response: Response) => {
    const name = String(request.params['name']);
    if (!resourceNamed(workspace, 'pipe', name).isEndpoint) {
      throw new TinybirdRefusal(404, `The pipe ${name} does not have an endpoint yet`);
    }
    authorize(workspace, tokenOf(request), { type: 'PIPES:READ', resource: name });
    response.set(quota.take());
    response.json(answerOf([], []));
  };
  router.route('/v0/pipes/:name.json').get(answerPipe).post(answerPipe);
  router
    .route('/v0/sql')
    .get((request, response) => answerSql(request, response, String(request.query['q'] ?? '')))
    .post(express.text({ type: () => true }), (request, response) =>
      answerSql(request, response, String(request.query['q'] ?? request.body)),
    );

  function answerSql(request: Request, response: Response, sql: string) {
    if (tokenOf(request) !== workspace.adminToken) {
      throw new TinybirdRefusal(403, 'The token has no permission for that');
    }
    const [, alias = 'count()', datasource, site, until] = COUNT.exec(sql) ?? [];
    if (datasource === undefined) {
      throw new TinybirdRefusal(400, 'The sandbox only knows SELECT count() FROM a data source');
    }
    resourceNamed(workspace, 'datasource', datasource);
    response.set(quota.take());
    const rows = workspace.deliveries
      .values()
      .filter((delivery) => delivery.datasource === datasource)
      .flatMap((delivery) => delivery.rows)
      .filter((row) => site === undefined || siteOf(row) === site.toLowerCase())
      .filter((row) => until === undefined || timeOf(row) <= until);
    response.json(answerOf([{ name: alias, type: 'UInt64' }], [{ [alias]: rows.length }]));
  }
  return router;
}

function siteOf(row: unknown): string {
  const { site_uuid, payload } = row as { site_uuid?: string; payload?: { site_uuid?: string } };
  return String(payload?.site_uuid ?? site_uuid).toLowerCase();
}

/** As a DateTime in UTC is written. */
function timeOf(row: unknown): string {
  const { timestamp } = row as { timestamp?: string };
  return String(timestamp).replace('T', ' ').slice(0, 19);
}

function answerOf(meta: { name: string; type: string }[], data: object[]) {
  const statistics = { elapsed: 0.001, rows_read: data.length, bytes_read: 0 };
  return { meta, data, rows: data.length, statistics };
}
