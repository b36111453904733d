import { createHmac } from 'node:crypto';
import type { Request } from './edge.ts';

/** The type of event that the services answer and do nothing about. */
const TYPE = 'prosora.probe';
const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * An event as Resend signs it: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @param secret `whsec_…`
 */
export function probeOfResend(secret: string, now: Date): Request {
  const body = JSON.stringify({ type: TYPE, created_at: now.toISOString(), data: {} });
  const [id, timestamp] = [`probe_${now.getTime()}`, String(Math.floor(now.getTime() / 1_000))];
  const signature = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64');
  const signed = {
    'svix-id': id,
    'svix-timestamp': timestamp,
    'svix-signature': `v1,${signature}`,
  };
  return { body, headers: { ...JSON_TYPE, ...signed } };
}

/**
 * An event as Stripe signs it: https://docs.stripe.com/webhooks/signature
 *
 * @param secret `whsec_…`
 */
export function probeOfStripe(secret: string, now: Date): Request {
  const created = Math.floor(now.getTime() / 1_000);
  const event = { object: 'event', type: TYPE, livemode: false, created, data: { object: {} } };
  const body = JSON.stringify({ id: `evt_probe_${now.getTime()}`, ...event });
  const signature = createHmac('sha256', secret).update(`${created}.${body}`).digest('hex');
  return { body, headers: { ...JSON_TYPE, 'stripe-signature': `t=${created},v1=${signature}` } };
}
