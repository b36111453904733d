import { fieldsOf, type StripeEvent } from '../webhook/event.ts';

/** Ghost's limit for the body of a webhook: `bodyParser.raw` without one of its own, 100 kB. */
export const GHOST_MAX_BYTES = 102_400;

/**
 * What Ghost 6.65 reads of the object of each event (`services/webhook/*.js`): for a subscription it
 * fetches the rest from Stripe by the id.
 */
const READ_BY_GHOST: Record<string, readonly string[]> = {
  'checkout.session': [
    'id',
    'object',
    'amount_total',
    'currency',
    'custom_fields',
    'customer',
    'customer_details',
    'customer_email',
    'metadata',
    'mode',
    'payment_intent',
    'payment_status',
    'setup_intent',
    'shipping',
    'subscription',
  ],
  subscription: ['id', 'object', 'customer', 'status'],
  invoice: ['id', 'object', 'amount_paid', 'currency', 'customer', 'paid', 'subscription'],
  charge: ['id', 'object', 'customer', 'payment_intent'],
};

/**
 * The bytes to send to Ghost: the ones that came, or, where these are more than Ghost takes, the same
 * event with only what Ghost reads. `undefined` when even that is too large.
 */
export function fitForGhost(event: StripeEvent, body: Uint8Array): Uint8Array | undefined {
  if (body.byteLength <= GHOST_MAX_BYTES) return body;
  const slim = Buffer.from(JSON.stringify(slimmed(event)));
  return slim.byteLength <= GHOST_MAX_BYTES ? slim : undefined;
}

function slimmed(event: StripeEvent): object {
  const { id, object, type, api_version, livemode, created } = event;
  return { id, object, type, api_version, livemode, created, data: { object: slimObject(event) } };
}

function slimObject(event: StripeEvent): object {
  const fields = fieldsOf(event);
  const read = READ_BY_GHOST[String(fields['object'])] ?? [];
  const kept = Object.fromEntries(read.map((name) => [name, fields[name]]));
  if (fields['object'] !== 'subscription') return kept;
  // Ghost refuses a subscription that has not exactly one item; it reads nothing else of it.
  const items = (fields['items'] as { data?: unknown[] } | undefined)?.data ?? [];
  return { ...kept, items: { data: items.map(() => ({})) } };
}
