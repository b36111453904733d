import type { Resend } from 'resend';
import { ownWebhooks, WEBHOOK_PATH } from './own-webhooks.ts';

/**
 * Why Resend may be silent: what came of its last attempt at the webhook of this bridge, as a sentence.
 * Undefined when that went well, or Resend does not tell
 * (https://resend.com/docs/api-reference/webhooks/list-event-attempts).
 */
export async function describeLastAttempt({
  resend,
  publicUrl,
}: {
  resend: Resend;
  publicUrl: string | undefined;
}): Promise<string | undefined> {
  const { data: webhooks } = await resend.webhooks.list();
  if (webhooks === null) return undefined;
  const own = ownWebhooks(webhooks.data, publicUrl);
  if (own.length === 0) return `Resend has no webhook to ${publicUrl ?? ''}${WEBHOOK_PATH}.`;
  const webhook = own.find(({ status }) => status === 'enabled');
  if (webhook === undefined) return 'Resend has switched the webhook off.';
  const { id: webhookId } = webhook;
  const { data: events } = await resend.webhooks.events.list({ webhookId, limit: 1 });
  const event = events?.data[0];
  if (event === undefined || event.status === 'success') return undefined;
  const place = { webhookId, eventId: event.id, limit: 1 };
  const { data: attempts } = await resend.webhooks.events.attempts.list(place);
  const attempt = attempts?.data[0];
  if (attempt === undefined) return undefined;
  // Resend does not say how it writes that nothing answered.
  if (!(attempt.http_status_code >= 100)) return 'Nothing answered the last attempt of Resend.';
  return `The last attempt of Resend was answered with ${attempt.http_status_code}.`;
}
