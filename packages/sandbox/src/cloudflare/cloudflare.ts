import { facts, html } from '@prosora/service/look';
import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { HEX } from '../stand-in/random.ts';
import { createSettings, type Settings } from '../stand-in/settings.ts';
import { createFrame, listenAs, type StandIn, type StandInContext } from '../stand-in/stand-in.ts';
import type { Account } from './account.ts';
import { createEdge } from './edge.ts';
import { createEdgeCache } from './edge-cache.ts';
import { purgeRoutes } from './purge-routes.ts';
import { CloudflareRefusal } from './refusal.ts';
import {
  type CloudflareSettings,
  type CloudflareSettingsInput,
  cloudflareSettings,
} from './settings.ts';
import { createSiteAuthority } from './site-authority.ts';
import { zoneRoutes } from './zone-routes.ts';

/** The account that the stand-in plays: one with one zone. */
export interface CloudflareOptions {
  /** (Default: a fixed text; it guards nothing) */
  token?: string;
  /** What the zone starts with; `reset()` returns to it. */
  settings?: CloudflareSettingsInput;
  /** Where the authority that signed the site's certificate stands in PEM. (Default: it is a public one) */
  authorityUrl?: string;
}

/** A running Cloudflare stand-in: its API below `/client/v4`, and everywhere else its edge. */
export interface CloudflareStandIn extends StandIn {
  /** Base of the API. */
  readonly apiUrl: string;
  readonly token: string;
  readonly zoneId: string;
  readonly settings: Settings<CloudflareSettingsInput, CloudflareSettings>;
  /** What the edge holds now, and until when each is fresh. */
  kept(): { url: string; freshUntil: Date }[];
}

const API = '/client/v4';

/** Starts the stand-in on a port of its own. */
export async function startCloudflare(
  context: StandInContext,
  options: CloudflareOptions = {},
): Promise<CloudflareStandIn> {
  const { random, now, state } = context;
  const { app, faults, requests } = createFrame(context);
  const settings = createSettings(cloudflareSettings, options.settings ?? {});
  const account: Account = {
    zoneId: '0123456789abcdef0123456789abcdef',
    token: options.token ?? 'sandbox_cloudflare_token_0123456789abcdef',
    settings,
    records: state.collection('cloudflare/records'),
    rulesets: state.collection('cloudflare/rulesets'),
    zoneSettings: state.collection('cloudflare/settings'),
    cache: createEdgeCache(),
    believeSite: createSiteAuthority(options.authorityUrl),
    newId: () => random.text(32, HEX),
    now,
  };
  const { records, rulesets, zoneSettings, cache, token, zoneId } = account;
  const purges = purgeRoutes(account);
  const api = Router();
  api.use(express.json({ limit: '1mb' }), purges.router, zoneRoutes(account));
  api.use(refuseUnknown, answerRefusal);
  app.use(API, api);
  app.use(createEdge(account));
  const listener = await listenAs(app, context);
  const kept = () =>
    cache.values().map(({ url, freshUntil }) => ({ url, freshUntil: new Date(freshUntil) }));

  return {
    name: 'cloudflare',
    url: listener.url,
    apiUrl: listener.url + API,
    token,
    zoneId,
    settings,
    faults,
    requests,
    kept,
    access: () => ({ apiUrl: listener.url + API, edge: listener.url, token, zoneId }),
    views: {
      kept,
      records: () => records.values(),
      rules: () => rulesets.values().flat(),
    },
    panel: async () => html`<h3>Edge</h3>
${facts([['Pages', kept().length]])}`,
    reset: async () => {
      for (const part of [
        faults,
        requests,
        purges.limits,
        records,
        rulesets,
        zoneSettings,
        cache,
      ]) {
        part.clear();
      }
      settings.reset();
    },
    close: () => listener.close(),
  };
}

const refuseUnknown: RequestHandler = () => {
  throw new CloudflareRefusal(400, 7000, 'No route for that URI');
};

const answerRefusal: ErrorRequestHandler = (error, _request, response, next) => {
  const { status, message } = error as { status?: number; message?: string };
  if (status === undefined) return next(error);
  const code = error instanceof CloudflareRefusal ? error.code : 6007;
  if (error instanceof CloudflareRefusal) response.set(error.headers);
  response.status(status);
  response.json({ success: false, errors: [{ code, message }], messages: [], result: null });
};
