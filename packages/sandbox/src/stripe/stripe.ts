import express from 'express';
import { createSettings, type Settings } from '../stand-in/settings.ts';
import { createFrame, listenAs, type StandIn, type StandInContext } from '../stand-in/stand-in.ts';
import { pageRoutes, webhookRoutes } from './account-routes.ts';
import { answerRefusal, createApi } from './api.ts';
import { type Books, openBooks } from './books.ts';
import { catalogRoutes } from './catalog-routes.ts';
import { type Checkouts, createCheckouts } from './checkouts.ts';
import type { Customer } from './customer.ts';
import { customerRoutes } from './customer-routes.ts';
import { type Control, createDashboard } from './dashboard.ts';
import { buildEndpoint, type StripeEvent, type WebhookEndpoint } from './event.ts';
import { createPages } from './pages.ts';
import { accountPanel } from './panel.ts';
import { refundCharge } from './payments.ts';
import { type StripeSettings, type StripeSettingsInput, stripeSettings } from './settings.ts';
import { subscriptionRoutes } from './subscription-routes.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';
import { createWebhooks, type WebhookAttempt } from './webhooks.ts';

/** The account that the stand-in plays. */
export interface StripeOptions {
  /** (Default: a fixed text that looks like a test key; it guards nothing) */
  secretKey?: string;
  /** Like one with all permissions but those of webhook endpoints. (Default: a fixed text) */
  restrictedKey?: string;
  /** (Default: a fixed text) */
  publishableKey?: string;
  /** An endpoint to begin with, for all events. (Default: none; add one with `addWebhook` or the API) */
  webhookUrl?: string;
  /** The signing secret of that endpoint and of those added later without one. (Default: a fixed text) */
  webhookSecret?: string;
  /** How webhooks are sent; `reset()` returns to it. */
  settings?: StripeSettingsInput;
}

/** A running Stripe stand-in. */
export interface StripeStandIn extends StandIn {
  readonly settings: Settings<StripeSettingsInput, StripeSettings>;
  readonly secretKey: string;
  readonly restrictedKey: string;
  readonly publishableKey: string;
  /** Signs the events of endpoints that were not made through the API. */
  readonly webhookSecret: string;
  /** Registers an endpoint, as the dashboard does, but at 2020-08-27. (Default: all events, `webhookSecret`) */
  addWebhook(endpoint: { url: string; secret?: string; enabledEvents?: string[] }): WebhookEndpoint;
  readonly subscriptions: Subscriptions;
  readonly checkouts: Checkouts;
  customers(): Customer[];
  /** Everything that happened, newest first. */
  events(): StripeEvent[];
  /** Gives a charge back in full. @throws StripeRefusal `resource_missing` */
  refund(chargeId: string): void;
  /** Sends an event again. @throws StripeRefusal `resource_missing` */
  resend(eventId: string): void;
  /** The last attempts to hand events on. */
  webhookAttempts(): WebhookAttempt[];
  /** Events that still have to be taken or given up. */
  pendingWebhooks(): number;
}

/** Starts the stand-in on a port of its own: the API, the pages that people see and the dashboard. */
export async function startStripe(
  context: StandInContext,
  options: StripeOptions = {},
): Promise<StripeStandIn> {
  const secretKey = options.secretKey ?? 'sk_test_sandbox000000000000';
  const restrictedKey = options.restrictedKey ?? 'rk_test_sandbox000000000000';
  const publishableKey = options.publishableKey ?? 'pk_test_sandbox000000000000';
  const webhookSecret = options.webhookSecret ?? 'whsec_sandbox000000000000000000000';
  const { app, faults, requests } = createFrame(context);
  app.set('query parser', 'extended');
  const settings = createSettings(stripeSettings, options.settings ?? {});
  const books = openBooks(context);
  const webhooks = createWebhooks({ ...context, books, settings });
  const account = { books, webhooks };
  // The faults of the API are not those of the pages.
  const outer = express().disable('x-powered-by').disable('etag');
  const listener = await listenAs(outer, context);
  const { url } = listener;
  const subscriptions = createSubscriptions(account);
  const checkouts = createCheckouts(account, subscriptions, url);
  const control: Control = { account, checkouts, subscriptions };
  const api = createApi({
    books,
    state: context.state,
    secretKey,
    restrictedKey,
    routes: {
      ...catalogRoutes(books),
      ...customerRoutes(account),
      ...subscriptionRoutes(account, subscriptions),
      ...pageRoutes(books, checkouts, url),
      ...webhookRoutes(books, webhooks, () => settings.current.endpointLimit),
    },
  });
  app.use('/v1', api.router);
  outer.use('/dashboard', createDashboard(control), answerRefusal);
  outer.use(createPages(books, checkouts, subscriptions), answerRefusal, app);

  const addWebhook: StripeStandIn['addWebhook'] = ({ url: to, secret, enabledEvents }) => {
    const input = {
      url: to,
      secret: secret ?? webhookSecret,
      enabled_events: enabledEvents ?? ['*'],
    };
    return books.put('webhook_endpoint', buildEndpoint(books.identify('webhook_endpoint'), input));
  };
  const addFirstWebhook = (): void => {
    const { webhookUrl } = options;
    const known = books.list('webhook_endpoint').some((endpoint) => endpoint.url === webhookUrl);
    if (webhookUrl !== undefined && !known) addWebhook({ url: webhookUrl });
  };
  addFirstWebhook();

  return {
    name: 'stripe',
    url,
    secretKey,
    restrictedKey,
    publishableKey,
    webhookSecret,
    faults,
    requests,
    settings,
    addWebhook,
    subscriptions,
    checkouts,
    customers: () => books.list('customer'),
    events: () => books.list('event'),
    refund: (chargeId) => void refundCharge(account, chargeId),
    resend: webhooks.resend,
    webhookAttempts: webhooks.attempts,
    pendingWebhooks: webhooks.pending,
    access: () => accessOf(url, { secretKey, restrictedKey, publishableKey, webhookSecret }),
    views: viewsOf(books, webhooks.attempts),
    panel: async () => accountPanel(control, url),
    reset: async () => {
      for (const part of [faults, requests, webhooks, books, api]) part.clear();
      settings.reset();
      addFirstWebhook();
    },
    close: async () => {
      await listener.close();
      await webhooks.close();
    },
  };
}

/** With the variables by which Ghost finds another Stripe. */
function accessOf(url: string, keys: Record<string, string>): Record<string, string> {
  const { hostname, port } = new URL(url);
  return {
    url,
    ...keys,
    STRIPE_API_HOST: hostname,
    STRIPE_API_PORT: port,
    STRIPE_API_PROTOCOL: 'http',
  };
}

function viewsOf(books: Books, attempts: () => WebhookAttempt[]): StandIn['views'] {
  return {
    customers: () => books.list('customer'),
    subscriptions: () => books.list('subscription'),
    invoices: () => books.list('invoice'),
    checkouts: () => books.list('checkout.session'),
    events: () => books.list('event'),
    webhooks: attempts,
  };
}
