import { mkdirSync } from 'node:fs';
import { html } from '@prosora/service/look';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { createSettings, type Settings } from '../stand-in/settings.ts';
import { createFrame, listenAs, type StandIn, type StandInContext } from '../stand-in/stand-in.ts';
import { adminRoutes } from './admin-routes.ts';
import { newDomain } from './domain.ts';
import { authorize, fullAccessOnly, limit, travel } from './gate.ts';
import { createIdempotency } from './idempotency.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { inboxRoutes, mailList } from './inbox-page.ts';
import { openMailStore } from './mail-store.ts';
import { ResendRefusal } from './refusal.ts';
import { sendBatch, sendOne } from './send-routes.ts';
import { type ResendSettings, type ResendSettingsInput, resendSettings } from './settings.ts';
import { createSuppressions, type Suppression } from './suppressions.ts';
import type { Team } from './team.ts';
import { createWebhookEvents } from './webhook-events.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { startWebhooks } from './webhooks.ts';

/** The team that the stand-in plays. */
export interface ResendOptions {
  /** May do everything. (Default: a fixed text; it guards nothing) */
  apiKey?: string;
  /** May only send. (Default: a fixed text) */
  sendingKey?: string;
  /** Signs what goes to the `webhookUrl` of the settings. (Default: a fixed one) */
  webhookSecret?: string;
  /** Verified from the start. (Default: none) */
  domains?: readonly string[];
  /** Limits and switches to start with; `reset()` returns to them. */
  settings?: ResendSettingsInput;
}

/** A running Resend stand-in. */
export interface Resend extends StandIn {
  readonly apiKey: string;
  readonly sendingKey: string;
  readonly webhookSecret: string;
  readonly settings: Settings<ResendSettingsInput, ResendSettings>;
  /** Everyone's mailbox. */
  readonly inbox: Inbox;
  /** Webhooks that their receiver has not taken yet. */
  pendingWebhooks(): number;
}

const MAX_BODY = '64mb';

/** Starts the stand-in on a port of its own: the API, and `/inbox` for people. */
export async function startResend(
  context: StandInContext,
  options: ResendOptions = {},
): Promise<Resend> {
  const { random, now, state, dir, reach } = context;
  mkdirSync(dir, { recursive: true });
  const frame = createFrame(context);
  const settings = createSettings(resendSettings, options.settings ?? {});
  const team: Team = {
    apiKey: options.apiKey ?? 're_sandbox_full_access',
    sendingKey: options.sendingKey ?? 're_sandbox_sending_access',
    domains: state.collection('resend/domains'),
    settings,
    random,
    now,
  };
  const webhookSecret =
    options.webhookSecret ?? `whsec_${Buffer.from('sandbox-resend-webhook').toString('base64')}`;
  const seedDomains = (): void => {
    for (const name of options.domains ?? []) {
      if (team.domains.get(name) === undefined)
        team.domains.put(name, newDomain(team, name, { status: 'verified' }));
    }
  };
  seedDomains();
  const mails = openMailStore(dir);
  const suppressions = createSuppressions(
    state.collection<Suppression>('resend/suppressions'),
    context,
  );
  const webhooks = startWebhooks({
    endpoints: state.collection('resend/webhooks'),
    deliveries: state.collection('resend/deliveries'),
    events: createWebhookEvents(state.collection('resend/webhook-events'), context),
    settings,
    secret: webhookSecret,
    random,
    now,
    reach,
  });
  const inbox = createInbox({ mails, suppressions, webhooks, settings });
  const sending = { team, mails, inbox, idempotency: createIdempotency(mails, now) };

  const { app } = frame;
  app.use(
    travel(team),
    authorize(team),
    limit(team),
    express.raw({ type: () => true, limit: MAX_BODY }),
  );
  app.post('/emails', sendOne(sending));
  app.post('/emails/batch', sendBatch(sending));
  app.use(fullAccessOnly(team), adminRoutes({ team, mails, suppressions }));
  app.use('/webhooks', webhookRoutes(webhooks));
  app.use(refuseUnknown, answerRefusal);
  // The faults and limits of the API are not those of the mailboxes.
  const outer = express().disable('x-powered-by').disable('etag');
  outer.use(inboxRoutes(inbox), answerRefusal, app);
  const listener = await listenAs(outer, context);
  const { apiKey, sendingKey } = team;

  return {
    name: 'resend',
    url: listener.url,
    apiKey,
    sendingKey,
    webhookSecret,
    settings,
    inbox,
    faults: frame.faults,
    requests: frame.requests,
    pendingWebhooks: () => webhooks.pending(),
    access: () => ({
      url: listener.url,
      apiKey,
      sendingKey,
      webhookSecret,
      inboxUrl: `${listener.url}/inbox`,
    }),
    views: { mails: () => inbox.list(), suppressions: () => inbox.suppressions() },
    panel: async () => {
      const all = inbox.list();
      return html`<h3>Mails: ${all.length}</h3>${mailList(all, listener.url)}`;
    },
    reset: async () => {
      inbox.close();
      for (const part of [
        frame.faults,
        frame.requests,
        team.domains,
        suppressions,
        webhooks,
        mails,
      ]) {
        part.clear();
      }
      settings.reset();
      seedDomains();
    },
    close: async () => {
      await webhooks.close();
      await listener.close();
      // After the last call, which may have brought a mail.
      inbox.close();
      mails.close();
    },
  };
}

const refuseUnknown: RequestHandler = (request) => {
  throw new ResendRefusal(404, 'not_found', `The sandbox has no ${request.method} ${request.path}`);
};

const answerRefusal: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof ResendRefusal)) return next(error);
  const { status, errorName, message } = error;
  response.status(status).json({ statusCode: status, name: errorName, message });
};
