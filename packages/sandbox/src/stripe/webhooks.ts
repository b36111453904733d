import { createHmac } from 'node:crypto';
import type { Random } from '../stand-in/random.ts';
import type { Settings } from '../stand-in/settings.ts';
import type { State } from '../stand-in/state.ts';
import type { Books } from './books.ts';
import { buildEvent, type StripeEvent, type WebhookEndpoint, wants } from './event.ts';
import type { StripeSettings, StripeSettingsInput } from './settings.ts';

/** One attempt to hand an event to an endpoint. */
export interface WebhookAttempt {
  /** ISO 8601. */
  at: string;
  event: string;
  type: string;
  url: string;
  /** 1 for the first. */
  attempt: number;
  /** Null when no answer came. */
  status: number | null;
}

/** Makes events and sends them to the endpoints that want them, again and again until they are taken. */
export interface Webhooks {
  /** Records that something happened; endpoints get it from now on. */
  emit(type: string, object: object, previous?: object): StripeEvent;
  /** Sends an event again to every endpoint that wants it, as the dashboard's button does. */
  resend(eventId: string): StripeEvent;
  /** The last attempts, oldest first. */
  attempts(): WebhookAttempt[];
  /** Deliveries that still have to be taken or given up. */
  pending(): number;
  /** Whether some endpoint has not taken an event: its tries go on, or ended without. */
  isUndelivered(eventId: string): boolean;
  clear(): void;
  /** Ends attempts under way; what is pending goes on at the next start. */
  close(): Promise<void>;
}

/** A delivery that is not over yet, as it is on disk. */
interface Pending {
  event: string;
  endpoint: string;
  /** Of the next attempt, from 1. */
  attempt: number;
  /** Milliseconds since 1970. */
  dueAt: number;
  /** True for the second sending of an event that was taken. */
  isDuplicate: boolean;
}

const KEPT_ATTEMPTS = 1_000;
const PAUSE_CHECK_MS = 250;

/** Starts the sender; deliveries that an earlier process left pending go on. */
export function createWebhooks(options: {
  books: Books;
  state: State;
  random: Random;
  now: () => number;
  /** Where an address is reached from here. */
  reach: (url: string) => string;
  settings: Settings<StripeSettingsInput, StripeSettings>;
}): Webhooks {
  const { books, state, random, now, reach, settings } = options;
  const pending = state.collection<Pending>('stripe/deliveries');
  const timers = new Map<string, NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  const stop = new AbortController();
  let attempts: WebhookAttempt[] = [];

  const schedule = (delivery: Pending): void => {
    const key = `${delivery.event}/${delivery.endpoint}`;
    pending.put(key, delivery);
    wake(key, delivery);
  };
  const wake = (key: string, delivery: Pending): void => {
    clearTimeout(timers.get(key));
    const timer = setTimeout(
      () => {
        timers.delete(key);
        if (settings.current.webhooksPaused) {
          return wake(key, { ...delivery, dueAt: now() + PAUSE_CHECK_MS });
        }
        const work = deliver(key, delivery).finally(() => running.delete(work));
        running.add(work);
      },
      Math.max(0, delivery.dueAt - now()),
    );
    timers.set(key, timer);
  };

  const deliver = async (key: string, delivery: Pending): Promise<void> => {
    const event = books.find('event', delivery.event);
    const endpoint = books.find('webhook_endpoint', delivery.endpoint);
    // An endpoint that is deleted or disabled gets no further attempts.
    if (event === undefined || endpoint?.status !== 'enabled') return void pending.delete(key);
    const status = await post(event, endpoint);
    if (stop.signal.aborted) return;
    const { attempt } = delivery;
    const at = new Date(now()).toISOString();
    attempts.push({ at, event: event.id, type: event.type, url: endpoint.url, attempt, status });
    attempts = attempts.slice(-KEPT_ATTEMPTS);
    pending.delete(key);
    const next = nextOf(delivery, status !== null && status >= 200 && status < 300);
    if (next !== undefined) schedule(next);
  };

  const nextOf = (delivery: Pending, wasTaken: boolean): Pending | undefined => {
    const { webhookDuplicates, webhookRetries, webhookRetryMs } = settings.current;
    if (wasTaken) {
      if (!webhookDuplicates || delivery.isDuplicate) return undefined;
      return { ...delivery, attempt: 1, dueAt: now(), isDuplicate: true };
    }
    if (delivery.attempt > webhookRetries) return undefined;
    const waitMs = webhookRetryMs * 2 ** (delivery.attempt - 1);
    return { ...delivery, attempt: delivery.attempt + 1, dueAt: now() + waitMs };
  };

  const post = async (event: StripeEvent, endpoint: WebhookEndpoint): Promise<number | null> => {
    const body = JSON.stringify({ ...event, pending_webhooks: 1 }, null, 2);
    try {
      const response = await fetch(reach(endpoint.url), {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signatureOf(body, endpoint.secret, Math.floor(now() / 1000)),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([
          stop.signal,
          AbortSignal.timeout(settings.current.webhookTimeoutMs),
        ]),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return null;
    }
  };

  const sendToAll = (event: StripeEvent): void => {
    for (const endpoint of books.list('webhook_endpoint')) {
      if (!wants(endpoint, event.type)) continue;
      const dueAt = now() + Math.floor(random.next() * settings.current.webhookShuffleMs);
      schedule({ event: event.id, endpoint: endpoint.id, attempt: 1, dueAt, isDuplicate: false });
    }
  };

  for (const delivery of pending.values()) wake(`${delivery.event}/${delivery.endpoint}`, delivery);

  return {
    emit(type, object, previous) {
      const identity = books.identify('event');
      const event = books.put('event', buildEvent(identity, { type, object, previous }));
      sendToAll(event);
      return event;
    },
    resend(eventId) {
      const event = books.get('event', eventId);
      sendToAll(event);
      return event;
    },
    attempts: () => attempts,
    pending: () => pending.values().length,
    isUndelivered(eventId) {
      if (pending.values().some(({ event }) => event === eventId)) return true;
      const last = new Map(
        attempts.filter(({ event }) => event === eventId).map(({ url, status }) => [url, status]),
      );
      return [...last.values()].some((status) => status === null || status < 200 || status > 299);
    },
    clear() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      pending.clear();
      attempts = [];
    },
    async close() {
      stop.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

/** https://docs.stripe.com/webhooks/signature: a new time and signature for each attempt. */
function signatureOf(body: string, secret: string, timestamp: number): string {
  const hmac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return `t=${timestamp},v1=${hmac}`;
}
