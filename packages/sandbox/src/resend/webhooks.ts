import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../stand-in/random.ts';
import type { Settings } from '../stand-in/settings.ts';
import type { Collection } from '../stand-in/state.ts';
import type { ResendSettings, ResendSettingsInput } from './settings.ts';
import { uuid } from './uuid.ts';
import type { WebhookEvent, WebhookEvents } from './webhook-events.ts';

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
  /** The webhook of the API that it is for; none for the `webhookUrl` of the settings. */
  webhookId?: string;
  url: string;
  secret: string;
  payload: string;
  /** Asked for by hand: tried once. */
  isReplay?: true;
  attempts: number;
  /** Ms since 1970. */
  dueAt: number;
}

/** The team's webhooks. */
export interface Webhooks {
  readonly endpoints: Collection<Endpoint>;
  /** What was made for them. */
  readonly events: WebhookEvents;
  createEndpoint(endpoint: string, events: string[] | null): Endpoint;
  /** Gives an endpoint another secret. */
  rotateSecret(endpoint: Endpoint): Endpoint;
  /** Sends an event to its endpoint once more; a failure is not tried again. */
  replay(endpoint: Endpoint, event: WebhookEvent): void;
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
  events: WebhookEvents;
  settings: Settings<ResendSettingsInput, ResendSettings>;
  /** Signs what goes to the `webhookUrl` of the settings. */
  secret: string;
  random: Random;
  now: () => number;
  /** Where an address is reached from here. */
  reach: (url: string) => string;
}

const TIMEOUT_MS = 15_000;
const AT_A_TIME = 8;
const LOOK_EVERY_MS = 50;

/** Starts the sender: due webhooks go out, a few at a time, until `close`. */
export function startWebhooks(context: WebhooksContext): Webhooks {
  const { endpoints, deliveries, events: made, settings, secret, random, now, reach } = context;
  const waiting = new Map(deliveries.values().map((delivery) => [delivery.key, delivery]));
  const running = new Map<string, Promise<void>>();
  const stopped = new AbortController();

  const emit = (type: string, data: object): void => {
    const payload = JSON.stringify({ type, created_at: new Date(now()).toISOString(), data });
    const targets: Pick<Delivery, 'webhookId' | 'url' | 'secret'>[] = endpoints
      .values()
      .filter(({ status, events }) => status === 'enabled' && (events?.includes(type) ?? true))
      .map(({ id, endpoint, signing_secret }) => ({
        webhookId: id,
        url: endpoint,
        secret: signing_secret,
      }));
    const { webhookUrl, webhookCopies } = settings.current;
    if (webhookUrl !== null) targets.push({ url: webhookUrl, secret });
    for (const target of targets) {
      const id = `msg_${random.text(27)}`;
      const { webhookId } = target;
      if (webhookId !== undefined) made.add({ id, webhookId, type, payload });
      for (let copy = 0; copy < webhookCopies; copy++) {
        const key = `${id}/${copy}`;
        put({ ...target, key, id, payload, attempts: 0, dueAt: now() });
      }
    }
  };

  const put = (delivery: Delivery): void => {
    deliveries.put(delivery.key, delivery);
    waiting.set(delivery.key, delivery);
  };

  const attempt = async (delivery: Delivery): Promise<void> => {
    const { key, id, webhookId, isReplay } = delivery;
    const reached = { ...delivery, url: reach(delivery.url) };
    const answer = await post(reached, now(), stopped.signal);
    if (stopped.signal.aborted || !waiting.has(key)) return;
    const isTaken = answer.status >= 200 && answer.status < 300;
    // Neither a replay nor what is for an endpoint that was switched off or removed is tried again.
    const isLast =
      isReplay || (webhookId !== undefined && endpoints.get(webhookId)?.status !== 'enabled');
    const waitMs = isLast ? undefined : settings.current.webhookRetriesMs[delivery.attempts];
    const nextAt = isTaken || waitMs === undefined ? null : now() + waitMs;
    if (webhookId !== undefined) made.attempted(webhookId, id, { ...answer, nextAt });
    if (nextAt !== null) {
      put({ ...delivery, attempts: delivery.attempts + 1, dueAt: nextAt });
      return;
    }
    waiting.delete(key);
    deliveries.delete(key);
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
    events: made,
    createEndpoint(endpoint, events) {
      const created: Endpoint = {
        id: uuid(random),
        endpoint,
        events,
        status: 'enabled',
        created_at: new Date(now()).toISOString(),
        signing_secret: newSecret(random),
      };
      endpoints.put(created.id, created);
      return created;
    },
    rotateSecret(endpoint) {
      const rotated = { ...endpoint, signing_secret: newSecret(random) };
      endpoints.put(endpoint.id, rotated);
      return rotated;
    },
    replay({ id: webhookId, endpoint: url, signing_secret }, { id, payload }) {
      const key = `${id}/replay-${random.text(8)}`;
      const target = { webhookId, url, secret: signing_secret };
      put({ ...target, key, id, payload, isReplay: true, attempts: 0, dueAt: now() });
    },
    emit,
    pending: () => waiting.size,
    clear() {
      waiting.clear();
      deliveries.clear();
      made.clear();
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
async function post(
  delivery: Delivery,
  now: number,
  signal: AbortSignal,
): Promise<{ status: number; response: string }> {
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
    return { status: response.status, response: await response.text() };
  } catch {
    // Refused, timed out, cut: all are one failed attempt to Svix.
    return { status: 0, response: '' };
  }
}

function newSecret(random: Random): string {
  return `whsec_${Buffer.from(random.text(24)).toString('base64')}`;
}
