import type { Resend, WebhookEvent } from 'resend';
import { ownWebhooks, WEBHOOK_PATH } from '../report/own-webhooks.ts';
import { storeWebhookSecret } from '../report/webhook-secrets.ts';
import type { MailStore } from '../store/schema.ts';
import { answerOf } from './resend-refusal.ts';

/** What the bridge listens for; `email.sent` and `email.clicked` would only double the traffic. */
const EVENTS = [
  'email.delivered',
  'email.opened',
  'email.bounced',
  'email.complained',
  'email.delivery_delayed',
  'email.failed',
  'email.suppressed',
] as const satisfies WebhookEvent[];

/** What setting up came to. */
export interface SetUp {
  endpoint: string;
  /** It was there before. */
  existed: boolean;
  /** What it signs with. */
  secret: string;
}

/**
 * Makes the webhook at Resend, with the events that the bridge reads. A webhook to the same address stays: one that was
 * switched off or lacks an event is mended. With `replace` a new one takes its place. Its secret is kept in the store,
 * if one is given, beside the one before; until the old webhook is deleted both are taken.
 *
 * @throws MailBridgeError `RESEND` with what Resend refuses
 */
export async function setUpWebhook(
  { resend, store }: { resend: Resend; store?: MailStore | undefined },
  publicUrl: string,
  { replace = false } = {},
): Promise<SetUp> {
  const endpoint = publicUrl + WEBHOOK_PATH;
  const { data: listed } = await answerOf(() => resend.webhooks.list({ limit: 100 }));
  const same = ownWebhooks(listed, publicUrl);
  const [known] = same;
  const existed = known !== undefined && !replace;
  const secret = existed ? await mend(resend, known.id) : await make(resend, endpoint);
  if (store) await storeWebhookSecret(store, secret);
  for (const { id } of existed ? [] : same) await answerOf(() => resend.webhooks.remove(id));
  return { endpoint, existed, secret };
}

async function make(resend: Resend, endpoint: string): Promise<string> {
  const made = await answerOf(() => resend.webhooks.create({ endpoint, events: [...EVENTS] }));
  return made.signing_secret;
}

/** Returns the secret that Resend knows of it. */
async function mend(resend: Resend, id: string): Promise<string> {
  const { events, status, signing_secret } = await answerOf(() => resend.webhooks.get(id));
  const missing = events === null ? [] : EVENTS.filter((event) => !events.includes(event));
  if (missing.length > 0 || status === 'disabled') {
    const wanted = events === null ? {} : { events: [...events, ...missing] };
    await answerOf(() => resend.webhooks.update(id, { ...wanted, status: 'enabled' }));
  }
  return signing_secret;
}
