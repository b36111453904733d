import type { Random } from '../stand-in/random.ts';
import type { Collection } from '../stand-in/state.ts';

/** One try to hand an event to its webhook: https://resend.com/docs/api-reference/webhooks/list-event-attempts */
interface Attempt {
  id: string;
  /** 0 when nothing answered. */
  http_status_code: number;
  response: string;
  sent_at: string;
}

/** An event that was made for a webhook: https://resend.com/docs/api-reference/webhooks/get-event */
export interface WebhookEvent {
  /** Orders events by their age. */
  key: string;
  /** What the webhook carries as `svix-id`. */
  id: string;
  webhookId: string;
  type: string;
  created_at: string;
  status: 'pending' | 'attempting' | 'success' | 'failed';
  next_attempt_at: string | null;
  /** The body as it is sent. */
  payload: string;
  /** The newest first. */
  attempts: Attempt[];
}

/** What became of one try. */
interface AttemptOutcome {
  status: number;
  response: string;
  /** When the next try is due, in ms since 1970; null after the last. */
  nextAt: number | null;
}

/** What was made for the webhooks of the API, and what became of it. */
export interface WebhookEvents {
  add(event: Pick<WebhookEvent, 'id' | 'webhookId' | 'type' | 'payload'>): void;
  /** Writes down a try; a replay that fails does not make a failure of what was taken before. */
  attempted(webhookId: string, id: string, outcome: AttemptOutcome): void;
  find(webhookId: string, id: string): WebhookEvent | undefined;
  /** Those of a webhook, the newest first. */
  list(webhookId: string): WebhookEvent[];
  clear(): void;
}

const TAKEN_BELOW = 300;

/** Keeps the events in a collection of the sandbox's state. */
export function createWebhookEvents(
  collection: Collection<WebhookEvent>,
  { random, now }: { random: Random; now: () => number },
): WebhookEvents {
  let made = collection.values().length;
  const keys = new Map(collection.values().map(({ webhookId, id, key }) => [webhookId + id, key]));
  const find = (webhookId: string, id: string) => collection.get(keys.get(webhookId + id) ?? '');
  return {
    add(event) {
      const key = String(made++).padStart(12, '0');
      const created_at = new Date(now()).toISOString();
      const next_attempt_at = created_at;
      keys.set(event.webhookId + event.id, key);
      collection.put(key, {
        ...event,
        key,
        created_at,
        next_attempt_at,
        status: 'pending',
        attempts: [],
      });
    },
    attempted(webhookId, id, { status: http_status_code, response, nextAt }) {
      const event = find(webhookId, id);
      if (event === undefined) return;
      const sent_at = new Date(now()).toISOString();
      const attempt = { id: `atmpt_${random.text(27)}`, http_status_code, response, sent_at };
      const isTaken = http_status_code >= 200 && http_status_code < TAKEN_BELOW;
      const status = nextAt === null ? 'failed' : 'attempting';
      collection.put(event.key, {
        ...event,
        attempts: [attempt, ...event.attempts],
        status: isTaken || event.status === 'success' ? 'success' : status,
        next_attempt_at: isTaken || nextAt === null ? null : new Date(nextAt).toISOString(),
      });
    },
    find,
    list: (webhookId) =>
      collection
        .values()
        .filter((event) => event.webhookId === webhookId)
        .reverse(),
    clear() {
      keys.clear();
      collection.clear();
    },
  };
}
