import { facts, html } from '@prosora/service/look';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { createSettings, type Settings } from '../stand-in/settings.ts';
import { createFrame, listenAs, type StandIn, type StandInContext } from '../stand-in/stand-in.ts';
import { deployRoutes } from './deploy-routes.ts';
import { eventsRoutes } from './events-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { createQuota } from './quota.ts';
import { TinybirdRefusal } from './refusal.ts';
import { type TinybirdSettings, type TinybirdSettingsInput, tinybirdSettings } from './settings.ts';
import { type Delivery, liveResources, type Workspace } from './workspace.ts';

/** The workspace that the stand-in plays: an empty one of Tinybird Cloud (Forward). */
export interface TinybirdOptions {
  /** May do everything and signs JWTs. (Default: a fixed text; it guards nothing) */
  adminToken?: string;
  /** Limits to start with; `reset()` returns to them. */
  settings?: TinybirdSettingsInput;
}

/** A running Tinybird Cloud stand-in. */
export interface TinybirdStandIn extends StandIn {
  readonly adminToken: string;
  readonly workspaceId: string;
  readonly settings: Settings<TinybirdSettingsInput, TinybirdSettings>;
  /** The rows that a data source took, in order; a batch sent twice is there twice, as at Tinybird. */
  rows(datasource: string): unknown[];
  /** Those of them that charts are made of: a call of which a view refused a row is in none. */
  rowsInViews(datasource: string): unknown[];
  /** The rows it did not take, with the reason. */
  quarantine(datasource: string): Delivery['quarantined'];
  /** A static token that a deployment made, by its name. */
  token(name: string): string | undefined;
}

/** Starts the stand-in on a port of its own. */
export async function startTinybird(
  context: StandInContext,
  options: TinybirdOptions = {},
): Promise<TinybirdStandIn> {
  const { random, now, state } = context;
  const frame = createFrame(context);
  const workspace: Workspace = {
    id: '00000000-0000-4000-8000-000000000001',
    adminToken: options.adminToken ?? 'p.sandbox_tinybird_admin',
    tokens: state.collection('tinybird/tokens'),
    deployments: state.collection('tinybird/deployments'),
    deliveries: state.collection('tinybird/deliveries'),
    settings: createSettings(tinybirdSettings, options.settings ?? {}),
    random,
    now,
  };
  const { tokens, deployments, deliveries, settings, adminToken } = workspace;
  const { app } = frame;
  const quota = createQuota(workspace);
  app.use(eventsRoutes(workspace), queryRoutes(workspace, quota), deployRoutes(workspace));
  app.use(refuseUnknown, answerRefusal);
  const listener = await listenAs(app, context);
  const ofDatasource = (name: string) =>
    deliveries.values().filter(({ datasource }) => datasource === name);

  return {
    name: 'tinybird',
    url: listener.url,
    adminToken,
    workspaceId: workspace.id,
    settings,
    faults: frame.faults,
    requests: frame.requests,
    rows: (name) => ofDatasource(name).flatMap(({ rows }) => rows),
    rowsInViews: (name) =>
      ofDatasource(name).flatMap(({ rows, isInViews }) => (isInViews ? rows : [])),
    quarantine: (name) => ofDatasource(name).flatMap(({ quarantined }) => quarantined),
    token: (name) => tokens.get(name)?.token,
    access: () => ({ url: listener.url, adminToken, workspaceId: workspace.id }),
    views: {
      resources: () => liveResources(workspace).map(({ kind, name }) => ({ kind, name })),
      deliveries: () => deliveries.values(),
    },
    panel: async () => {
      const rows = deliveries.values().reduce((sum, delivery) => sum + delivery.rows.length, 0);
      return html`<h3>Workspace</h3>
${facts([
  ['Resources', liveResources(workspace).length],
  ['Rows', rows],
])}`;
    },
    reset: async () => {
      for (const part of [frame.faults, frame.requests, quota, tokens, deployments, deliveries]) {
        part.clear();
      }
      settings.reset();
    },
    close: () => listener.close(),
  };
}

const refuseUnknown: RequestHandler = (request) => {
  throw new TinybirdRefusal(404, `The sandbox has no ${request.method} ${request.path}`);
};

const answerRefusal: ErrorRequestHandler = (error, _request, response, next) => {
  // Express's own errors carry a status: a body too large is 413 at Tinybird as well.
  const { status, message } = error as { status?: number; message?: string };
  if (status === undefined) return next(error);
  if (error instanceof TinybirdRefusal) response.set(error.headers);
  response
    .status(status)
    .json({ error: message, documentation: 'https://www.tinybird.co/docs/api-reference' });
};
