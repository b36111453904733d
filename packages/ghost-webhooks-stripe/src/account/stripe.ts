import { setTimeout as delay } from 'node:timers/promises';
import Stripe from 'stripe';
import { StripeWebhookError } from '../errors.ts';
import { GHOST_API_VERSION, type LegacySubscription } from '../webhook/legacy-event.ts';

/** A webhook endpoint of the account. */
export interface Endpoint {
  id: string;
  url: string;
  apiVersion: string | null;
  types: string[];
  isEnabled: boolean;
  /** Seconds since 1970. */
  created: number;
}

/** An event as the API tells it: in whatever version it was made, so only its frame is used. */
export interface ListedEvent {
  id: string;
  type: string;
  /** Seconds since 1970. */
  created: number;
  livemode: boolean;
  objectId: string;
  /** What kind of object it is about: `subscription`, `invoice`, … */
  objectKind: string;
}

/** Which events to list. */
interface EventQuery {
  since: Date;
  types: readonly string[];
  /** Only those that some endpoint has not taken yet, or never did. (Default: all) */
  undelivered?: boolean;
}

/** The account at Stripe. Each method throws StripeWebhookError `STRIPE_KEY` when Stripe refuses the key. */
export interface StripeAccount {
  endpoints(): Promise<Endpoint[]>;
  /** Makes an endpoint at the version that Ghost reads; only now does Stripe tell its secret. */
  createEndpoint(endpoint: { url: string; types: readonly string[] }): Promise<{
    id: string;
    secret: string;
  }>;
  deleteEndpoint(id: string): Promise<void>;
  /** Events of some types since a time, newest first. Stripe keeps them for 30 days. */
  events(filter: EventQuery): AsyncGenerator<ListedEvent>;
  /** All subscriptions, ended ones too, as Ghost's version renders them. */
  subscriptions(): AsyncGenerator<LegacySubscription>;
  /** The checkouts that a subscription came from. */
  checkoutsOf(subscription: string): Promise<{ metadata: Record<string, string> | null }[]>;
  /** An object as it is now, as Ghost's version renders it; `undefined` when it is gone. */
  find(kind: string, id: string): Promise<object | undefined>;
}

/** How the account is reached. */
export interface StripeAccountOptions {
  key: string | undefined;
  /** Origin of the API. */
  url: string;
  /** Ghost uses the same budget, so leave it most of it. (Default: 10) */
  callsPerSecond?: number;
}

/** Stripe takes at most so many in one page, and so many types in one filter. */
const PAGE = 100;
const TYPES_AT_ONCE = 20;

/** Opens the account. @throws StripeWebhookError `STRIPE_KEY` when there is no key */
export function openStripeAccount({
  key,
  url,
  callsPerSecond = 10,
}: StripeAccountOptions): StripeAccount {
  if (key === undefined) {
    throw new StripeWebhookError('STRIPE_KEY', 'There is no key of the Stripe account.', {
      help: 'Set STRIPE_SECRET_KEY; a restricted key is enough, see the README.',
    });
  }
  const { hostname, port, protocol } = new URL(url);
  const stripe = new Stripe(key, {
    // The types describe the newest version; what is read here is typed by ourselves.
    apiVersion: GHOST_API_VERSION as never,
    host: hostname,
    ...(port && { port: Number(port) }),
    protocol: protocol === 'http:' ? 'http' : 'https',
    maxNetworkRetries: 5,
    telemetry: false,
  });
  let next = 0;

  async function call<T>(work: () => Promise<T>): Promise<T> {
    const now = performance.now();
    const at = Math.max(now, next);
    next = at + 1_000 / callsPerSecond;
    if (at > now) await delay(at - now);
    try {
      return await work();
    } catch (error) {
      throw asKeyError(error);
    }
  }

  async function* paged<T extends { id: string }>(
    list: (page: { limit: number; starting_after?: string }) => Promise<{
      data: T[];
      has_more: boolean;
    }>,
  ): AsyncGenerator<T> {
    for (let last: string | undefined; ; ) {
      const page = { limit: PAGE, ...(last !== undefined && { starting_after: last }) };
      const { data, has_more } = await call(() => list(page));
      yield* data;
      last = data.at(-1)?.id;
      if (!has_more || last === undefined) return;
    }
  }

  return {
    async endpoints() {
      const all: Endpoint[] = [];
      for await (const endpoint of paged((page) => stripe.webhookEndpoints.list(page))) {
        const { id, url: to, api_version, enabled_events: types, status, created } = endpoint;
        const isEnabled = status === 'enabled';
        all.push({ id, url: to, apiVersion: api_version, types, isEnabled, created });
      }
      return all;
    },
    createEndpoint: ({ url: to, types }) =>
      call(async () => {
        const { id, secret = '' } = await stripe.webhookEndpoints.create({
          url: to,
          enabled_events: types as never,
          api_version: GHOST_API_VERSION as never,
          description: 'Prosora Stripe inbox',
        });
        return { id, secret };
      }),
    deleteEndpoint: (id) => call(async () => void (await stripe.webhookEndpoints.del(id))),
    async *events({ since, types, undelivered = false }) {
      const filter = undelivered ? { delivery_success: false } : {};
      const created = { gte: Math.floor(since.getTime() / 1000) };
      for (let at = 0; at < types.length; at += TYPES_AT_ONCE) {
        const some = types.slice(at, at + TYPES_AT_ONCE);
        for await (const event of paged((page) =>
          stripe.events.list({ ...page, ...filter, created, types: some }),
        )) {
          const { id, type, created: madeAt, livemode, data } = event;
          const { id: objectId, object: objectKind } = data.object as {
            id: string;
            object: string;
          };
          yield { id, type, created: madeAt, livemode, objectId, objectKind };
        }
      }
    },
    subscriptions: () =>
      paged((page) => stripe.subscriptions.list({ ...page, status: 'all' })) as never,
    checkoutsOf: (subscription) =>
      call(async () => (await stripe.checkout.sessions.list({ subscription, limit: 10 })).data),
    async find(kind, id) {
      const retrieve = {
        subscription: () => stripe.subscriptions.retrieve(id),
        invoice: () => stripe.invoices.retrieve(id),
        charge: () => stripe.charges.retrieve(id),
        'checkout.session': () => stripe.checkout.sessions.retrieve(id),
      }[kind];
      if (retrieve === undefined) return undefined;
      try {
        // A plain copy: the SDK hangs its own fields on what it returns.
        return JSON.parse(JSON.stringify(await call<object>(retrieve)));
      } catch (error) {
        if ((error as { code?: string }).code === 'resource_missing') return undefined;
        throw error;
      }
    },
  };
}

function asKeyError(error: unknown): unknown {
  const { statusCode } = error as { statusCode?: number };
  if (statusCode !== 401 && statusCode !== 403) return error;
  return new StripeWebhookError('STRIPE_KEY', `Stripe refuses the key (${statusCode}).`, {
    help: 'Check STRIPE_SECRET_KEY, and of a restricted key what it may do.',
  });
}
