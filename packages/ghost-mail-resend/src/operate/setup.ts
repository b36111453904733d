import type { Resend, WebhookEvent } from 'resend';
import { MailBridgeError } from '../errors.ts';
import { ownWebhooks, WEBHOOK_PATH } from '../report/own-webhooks.ts';
import { storeWebhookSecret } from '../report/webhook-secrets.ts';
import type { MailStore } from '../store/schema.ts';

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
  /** It was there before, and nothing was changed. */
  existed: boolean;
}

/**
 * Makes the webhook at Resend and stores its secret, which Resend shows this once. A webhook to the same
 * address is left alone, unless `replace`: then a new one takes its place, and until it is deleted both
 * secrets are taken.
 *
 * @throws MailBridgeError `RESEND` with what Resend says
 */
export async function setUpWebhook(
  { resend, store }: { resend: Resend; store: MailStore },
  publicUrl: string,
  { replace = false } = {},
): Promise<SetUp> {
  const endpoint = publicUrl + WEBHOOK_PATH;
  const listed = await resend.webhooks.list();
  if (listed.error !== null) throw refused(listed.error.message);
  const same = ownWebhooks(listed.data.data, publicUrl);
  if (same.length > 0 && !replace) return { endpoint, existed: true };
  const made = await resend.webhooks.create({ endpoint, events: [...EVENTS] });
  if (made.error !== null) throw refused(made.error.message);
  await storeWebhookSecret(store, made.data.signing_secret);
  for (const { id } of same) {
    const { error } = await resend.webhooks.remove(id);
    if (error !== null) throw refused(error.message);
  }
  return { endpoint, existed: false };
}

function refused(message: string): MailBridgeError {
  return new MailBridgeError('RESEND', `Resend says: ${message}`, {
    help: 'Webhooks need a key with "Full access"; or add the webhook at https://resend.com/webhooks and set RESEND_WEBHOOK_SECRET.',
  });
}
