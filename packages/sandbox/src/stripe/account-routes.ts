import * as z from 'zod';
import type { Books } from './books.ts';
import { checkoutParams } from './checkout-order.ts';
import type { Checkouts } from './checkouts.ts';
import { API_VERSION, buildEndpoint, type WebhookEndpoint } from './event.ts';
import { createdRange, isWithin, metadata, optionalText, readParams } from './params.ts';
import { buildPortalConfiguration, buildPortalSession } from './portal.ts';
import { notImplemented, StripeRefusal } from './refusal.ts';
import { getter, idOf, lister, type Routes } from './routes.ts';
import type { Webhooks } from './webhooks.ts';

const newEndpoint = z.object({
  url: z.url(),
  enabled_events: z.array(z.string()).min(1),
  api_version: optionalText,
});

const endpointChanges = z.object({
  url: z.url().optional(),
  enabled_events: z.array(z.string()).min(1).optional(),
  disabled: z.enum(['true', 'false']).optional(),
});

const eventFilter = z.object({
  type: optionalText,
  types: z.array(z.string()).optional(),
  created: createdRange.optional(),
  delivery_success: z.enum(['true', 'false']).optional(),
});

const checkoutFilter = z.object({ subscription: optionalText, customer: optionalText });

const configurationParams = z.object({
  business_profile: z.record(z.string(), z.unknown()).optional(),
  features: z.record(z.string(), z.unknown()).optional(),
  default_return_url: optionalText,
  metadata: metadata.optional(),
});

const portalParams = z.object({
  customer: z.string(),
  configuration: optionalText,
  return_url: optionalText,
});

/** Checkouts and the customer portal; their pages are below `url`. */
export function pageRoutes(books: Books, checkouts: Checkouts, url: string): Routes {
  return {
    'POST /checkout/sessions': (request) => checkouts.create(readParams(checkoutParams, request)),
    'GET /checkout/sessions': lister(books, 'checkout.session', (request) => {
      const { subscription, customer } = readParams(checkoutFilter, request);
      return (it) =>
        (subscription === undefined || it.subscription === subscription) &&
        (customer === undefined || it.customer === customer);
    }),
    'GET /checkout/sessions/:id': getter(books, 'checkout.session'),
    'POST /checkout/sessions/:id/expire': (request) => checkouts.expire(idOf(request)),
    'POST /billing_portal/configurations': (request) => {
      const input = readParams(configurationParams, request);
      const identity = books.identify('billing_portal.configuration');
      const configuration = buildPortalConfiguration(identity, input);
      return books.put('billing_portal.configuration', configuration);
    },
    'POST /billing_portal/configurations/:id': (request) => {
      const before = books.get('billing_portal.configuration', idOf(request));
      const input = { ...before, ...readParams(configurationParams, request) };
      return books.put('billing_portal.configuration', buildPortalConfiguration(before, input));
    },
    'POST /billing_portal/sessions': (request) => {
      const { customer, configuration, return_url } = readParams(portalParams, request);
      books.get('customer', customer);
      const identity = books.identify('billing_portal.session');
      const session = buildPortalSession(identity, {
        customer,
        configuration: configuration ?? null,
        return_url: return_url ?? null,
        url: `${url}/portal/${identity.id}`,
      });
      return books.put('billing_portal.session', session);
    },
  };
}

/** Webhook endpoints and the events they get; `limit` is how many endpoints there may be now. */
export function webhookRoutes(
  books: Books,
  webhooks: Pick<Webhooks, 'isUndelivered'>,
  limit: () => number,
): Routes {
  return {
    'POST /webhook_endpoints': (request) => {
      const { api_version = API_VERSION, ...input } = readParams(newEndpoint, request);
      if (api_version !== API_VERSION) throw notImplemented(`events of version ${api_version}`);
      if (books.list('webhook_endpoint').length >= limit()) {
        const sentence = `You have reached the maximum of ${limit()} test webhook endpoints.`;
        throw new StripeRefusal(400, sentence);
      }
      const secret = books.newId('whsec');
      const endpoint = buildEndpoint(books.identify('webhook_endpoint'), { ...input, secret });
      // Only now does the API show the secret.
      return books.put('webhook_endpoint', endpoint);
    },
    'GET /webhook_endpoints': (request) => {
      const page = lister(books, 'webhook_endpoint')(request) as { data: WebhookEndpoint[] };
      return { ...page, data: page.data.map(withoutSecret) };
    },
    'GET /webhook_endpoints/:id': (request) =>
      withoutSecret(books.get('webhook_endpoint', idOf(request))),
    'POST /webhook_endpoints/:id': (request) => {
      const before = books.get('webhook_endpoint', idOf(request));
      const { url, enabled_events, disabled } = readParams(endpointChanges, request);
      const after: WebhookEndpoint = {
        ...before,
        ...(url && { url }),
        ...(enabled_events && { enabled_events }),
        ...(disabled && { status: disabled === 'true' ? 'disabled' : 'enabled' }),
      };
      return withoutSecret(books.put('webhook_endpoint', after));
    },
    'DELETE /webhook_endpoints/:id': (request) => {
      const { id } = books.get('webhook_endpoint', idOf(request));
      books.delete('webhook_endpoint', id);
      return { id, object: 'webhook_endpoint', deleted: true };
    },
    'GET /events': lister(books, 'event', (request) => {
      const { type, types = type && [type], ...rest } = readParams(eventFilter, request);
      const { created, delivery_success: success } = rest;
      return (event) =>
        (types === undefined || types.includes(event.type)) &&
        isWithin(event.created, created) &&
        (success === undefined || webhooks.isUndelivered(event.id) === (success === 'false'));
    }),
    'GET /events/:id': getter(books, 'event'),
    'GET /account': () => ({
      id: 'acct_sandbox',
      object: 'account',
      charges_enabled: true,
      country: 'US',
      default_currency: 'usd',
      email: 'owner@example.com',
      settings: { dashboard: { display_name: 'Prosora sandbox' } },
    }),
  };
}

function withoutSecret({ secret: _, ...shown }: WebhookEndpoint): object {
  return shown;
}
