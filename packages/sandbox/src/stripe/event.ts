import type { Identity } from './catalog.ts';

/** The version that objects and events are rendered in: the one Ghost registers its endpoint with. */
export const API_VERSION = '2020-08-27';

/** https://docs.stripe.com/api/events/object */
export type StripeEvent = ReturnType<typeof buildEvent>;

/** https://docs.stripe.com/api/webhook_endpoints/object, with its secret, which the API shows once. */
export type WebhookEndpoint = ReturnType<typeof buildEndpoint>;

export function buildEvent(
  { id, created }: Identity,
  { type, object, previous }: { type: string; object: object; previous?: object | undefined },
) {
  return {
    id,
    object: 'event' as const,
    api_version: API_VERSION,
    created,
    data: { object, ...(previous && { previous_attributes: previous }) },
    livemode: false,
    pending_webhooks: 0,
    request: { id: null, idempotency_key: null },
    type,
  };
}

export function buildEndpoint(
  { id, created }: Identity,
  { url, secret, enabled_events }: { url: string; secret: string; enabled_events: string[] },
) {
  return {
    id,
    object: 'webhook_endpoint' as const,
    api_version: API_VERSION,
    application: null,
    created,
    description: null,
    enabled_events,
    livemode: false,
    metadata: {},
    secret,
    status: 'enabled' as 'enabled' | 'disabled',
    url,
  };
}

/** Whether an endpoint has asked for events of a type. */
export function wants({ enabled_events, status }: WebhookEndpoint, type: string): boolean {
  return status === 'enabled' && (enabled_events.includes('*') || enabled_events.includes(type));
}

/** The top-level values of `before` that are no longer so, as `previous_attributes` carries them. */
export function previousAttributes(before: object, after: object): object {
  const now = after as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(before).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(now[key]),
    ),
  );
}
