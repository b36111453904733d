import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../stand-in/random.ts';
import type { Settings } from '../stand-in/settings.ts';
import type { Collection } from '../stand-in/state.ts';
import type { ResendSettings, ResendSettingsInput } from './settings.ts';
import { uuid } from './uuid.ts';

/** A webhook made by the API. */
export interface Endpoint {
  id: string;
  endpoint: string;
  /** Null for all types. */
  events: string[] | null;
  status: 'enabled' | 'disabled';
  created_at: string;
  signing_secret: string;
}

/** One webhook on its way to one endpoint. */
interface Delivery {
  key: string;
  /** `svix-id`: the same at every attempt. */
  id: string;
  url: string;
  secret: string;
  payload: string;
  attempts: number;
  /** Ms since 1970. */
  dueAt: number;
}

/** The team's webhooks. */
export interface Webhooks {
  readonly endpoints: Collection<Endpoint>;
  createEndpoint(endpoint: string, events: string[] | null): Endpoint;
  /** Sends an event to every endpoint that wants it; on disk before this returns. */
  emit(type: string, data: object): void;
  /** Webhooks that have not been taken yet. */
  pending(): number;
  clear(): void;
  close(): Promise<void>;
}

/** What webhooks need. */
export interface WebhooksContext {
  endpoints: Collection<Endpoint>;
  deliveries: Collection<Delivery>;
  settings: Settings<ResendSettingsInput, ResendSettings>;
  /** Signs what goes to the `webhookUrl` of the settings. */
  secret: string;
  random: Random;
  now: () => number;
}

const TIMEOUT_MS = 15_000;
const AT_A_TIME = 8;
const LOOK_EVERY_MS = 50;

/** Starts the sender: due webhooks go out, a few at a time, until `close`. */
export function startWebhooks(context: WebhooksContext): Webhooks {
  const { endpoints, deliveries, settings, secret, random, now } = context;
  const waiting = new Map(deliveries.values().map((delivery) => [delivery.key, delivery]));
  const running = new Map<string, Promise<void>>();
  const stopped = new AbortController();

  const emit = (type: string, data: object): void => {
    const payload = JSON.stringify({ type, created_at: new Date(now()).toISOString(), data });
    const targets = endpoints
      .values()
      .filter(({ status, events }) => status === 'enabled' && (events?.includes(type) ?? true))
      .map(({ endpoint, signing_secret }) => ({ url: endpoint, secret: signing_secret }));
    const { webhookUrl, webhookCopies } = settings.current;
    if (webhookUrl !== null) targets.push({ url: webhookUrl, secret });
    for (const target of targets) {
      const id = `msg_${random.text(27)}`;
      for (let copy = 0; copy < webhookCopies; copy++) {
        const key = `${id}/${copy}`;
        const delivery = { ...target, key, id, payload, attempts: 0, dueAt: now() };
        deliveries.put(key, delivery);
        waiting.set(key, delivery);
      }
    }
  };

  const attempt = async (delivery: Delivery): Promise<void> => {
    const { key } = delivery;
    const taken = await post(delivery, now(), stopped.signal);
    if (stopped.signal.aborted || !waiting.has(key)) return;
    const waitMs = settings.current.webhookRetriesMs[delivery.attempts];
    if (taken || waitMs === undefined) {
      waiting.delete(key);
      deliveries.delete(key);
      return;
    }
    const next = { ...delivery, attempts: delivery.attempts + 1, dueAt: now() + waitMs };
    waiting.set(key, next);
    deliveries.put(key, next);
  };

  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      for (const [key, delivery] of waiting) {
        if (running.size >= AT_A_TIME) break;
        if (running.has(key) || delivery.dueAt > now()) continue;
        const work = attempt(delivery).finally(() => running.delete(key));
        running.set(key, work);
      }
      const turn = delay(LOOK_EVERY_MS, undefined, { signal: stopped.signal }).catch(
        () => undefined,
      );
      await (running.size >= AT_A_TIME ? Promise.race(running.values()) : turn);
    }
  };
  const looping = loop();

  return {
    endpoints,
    createEndpoint(endpoint, events) {
      const created: Endpoint = {
        id: uuid(random),
        endpoint,
        events,
        status: 'enabled',
        created_at: new Date(now()).toISOString(),
        signing_secret: `whsec_${Buffer.from(random.text(24)).toString('base64')}`,
      };
      endpoints.put(created.id, created);
      return created;
    },
    emit,
    pending: () => waiting.size,
    clear() {
      waiting.clear();
      deliveries.clear();
      endpoints.clear();
    },
    async close() {
      stopped.abort();
      await looping;
      await Promise.allSettled(running.values());
    },
  };
}

/** Signs and sends as Svix does: https://docs.svix.com/receiving/verifying-payloads/how-manual */
async function post(delivery: Delivery, now: number, signal: AbortSignal): Promise<boolean> {
  const { id, url, secret, payload } = delivery;
  const timestamp = String(Math.floor(now / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key)
    .update(`${id}.${timestamp}.${payload}`)
    .digest('base64');
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Svix-Webhooks/1.84',
        'svix-id': id,
        'svix-timestamp': timestamp,
        'svix-signature': `v1,${signature}`,
      },
      body: payload,
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), signal]),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Refused, timed out, cut: all are one failed attempt to Svix.
    return false;
  }
}
