import express, { type Request, Router } from 'express';
import { whyQuarantined } from './check-row.ts';
import { TinybirdRefusal } from './refusal.ts';
import { authorize, type Delivery, resourceNamed, type Workspace } from './workspace.ts';

/** `POST /v0/events`: https://www.tinybird.co/docs/api-reference/events-api */
export function eventsRoutes(workspace: Workspace): Router {
  const pace = createPace(workspace);
  let next = workspace.deliveries.values().length;
  const router = Router();
  router.post('/v0/events', readBody(workspace), (request, response) => {
    const name = String(request.query['name'] ?? '');
    const { columns } = resourceNamed(workspace, 'datasource', name);
    authorize(workspace, tokenOf(request), { type: 'DATASOURCES:APPEND', resource: name });
    response.set(pace(name));
    const { viewRefuses } = workspace.settings.current;
    const delivery = sorted(name, String(request.body), columns);
    delivery.isInViews = viewRefuses === null || !isIn(viewRefuses, delivery.rows);
    if (delivery.rows.length + delivery.quarantined.length === 0) {
      throw new TinybirdRefusal(400, 'The body has no rows');
    }
    workspace.deliveries.put(String(next++).padStart(10, '0'), delivery);
    if (!delivery.isInViews) {
      throw new TinybirdRefusal(422, 'The rows are in the data source and not in a view of it');
    }
    response.status(request.query['wait'] === 'true' ? 200 : 202).json({
      successful_rows: delivery.rows.length,
      quarantined_rows: delivery.quarantined.length,
    });
  });
  return router;
}

function sorted(
  datasource: string,
  ndjson: string,
  columns: Parameters<typeof whyQuarantined>[1],
): Delivery {
  const delivery: Delivery = { datasource, rows: [], isInViews: true, quarantined: [] };
  for (const line of ndjson.split('\n').filter((text) => text.trim() !== '')) {
    const row = parse(line);
    const reason = whyQuarantined(row, columns);
    if (reason === undefined) delivery.rows.push(row);
    else delivery.quarantined.push({ reason, row });
  }
  return delivery;
}

function isIn(text: string, rows: readonly unknown[]): boolean {
  return rows.some((row) => JSON.stringify(row).includes(text));
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** Calls of one data source in the running second; the headers say what is left of it. */
function createPace({ settings, now }: Workspace) {
  const seconds = new Map<string, { second: number; calls: number }>();
  return (datasource: string): Record<string, string> => {
    const second = Math.floor(now() / 1_000);
    const before = seconds.get(datasource);
    const calls = before?.second === second ? before.calls + 1 : 1;
    seconds.set(datasource, { second, calls });
    const { eventsPerSecond } = settings.current;
    const headers = {
      'x-ratelimit-limit': String(eventsPerSecond),
      'x-ratelimit-remaining': String(Math.max(0, eventsPerSecond - calls)),
      'x-ratelimit-reset': '1',
    };
    if (calls <= eventsPerSecond) return headers;
    throw new TinybirdRefusal(429, 'Too many requests', { ...headers, 'retry-after': '1' });
  };
}

function readBody({ settings }: Workspace): express.RequestHandler {
  return (request, response, next) => {
    const limit = settings.current.maxRequestBytes;
    // A body that is zipped is unzipped on the way.
    express.text({ type: () => true, limit })(request, response, next);
  };
}

/** From the header or from `?token=`. */
export function tokenOf(request: Request): string | undefined {
  const { token } = request.query;
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
  return bearer ?? (typeof token === 'string' ? token : undefined);
}
