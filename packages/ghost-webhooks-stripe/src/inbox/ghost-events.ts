import { fieldsOf, type StripeEvent } from '../webhook/event.ts';
import { GHOST_API_VERSION } from '../webhook/legacy-event.ts';

/** How Ghost takes an event. */
export interface GhostRule {
  /**
   * Smaller goes first among the events of a customer: an invoice that reaches Ghost before the checkout
   * that makes the member is answered 404, or 200 and lost (`invoice-event-service.js`).
   */
  rank: number;
  /** Whether Ghost comes to the same state when it gets the event twice. */
  isRepeatable: (object: StripeObject) => boolean;
  /** Ghost reads the current state from Stripe, so only the newest of a row of such events matters. */
  isSuperseded?: true;
}

type StripeObject = Record<string, unknown>;

const always = () => true;
// One payment row each time: `event-repository.js` keeps no id of Stripe's.
const never = () => false;
const unlessDonation = ({ metadata }: StripeObject) =>
  (metadata as StripeObject | null | undefined)?.['ghost_donation'] === undefined;

/**
 * The eight types that Ghost 6.65 handles (`webhook-manager.js`); it answers 200 to all others and
 * ignores them, so they are not sent to it.
 */
export const GHOST_EVENTS: Readonly<Record<string, GhostRule>> = {
  'checkout.session.completed': { rank: 0, isRepeatable: unlessDonation },
  'checkout.session.async_payment_succeeded': { rank: 0, isRepeatable: unlessDonation },
  'checkout.session.async_payment_failed': { rank: 0, isRepeatable: always },
  'customer.subscription.created': { rank: 1, isRepeatable: always },
  'customer.subscription.updated': { rank: 2, isRepeatable: always, isSuperseded: true },
  'customer.subscription.deleted': { rank: 2, isRepeatable: always },
  'invoice.payment_succeeded': { rank: 2, isRepeatable: never },
  'charge.refunded': { rank: 2, isRepeatable: always },
};

/**
 * Why an event is kept and not sent to Ghost until a person has looked. `ambiguous`: a reconcile found it
 * missing here, and Ghost may have counted it nevertheless.
 */
export type HoldReason = (typeof holdReasons)[number];
export const holdReasons = ['thin', 'api_version', 'livemode', 'ambiguous'] as const;

/** Which events the site is for. */
export type LivemodePolicy = 'any' | 'live' | 'test';

/** Where an event goes. */
export type Route =
  | { to: 'ghost'; rank: number; group?: string; supersedes?: string }
  /** Ghost does not know the type. */
  | { to: 'nobody' }
  | { to: 'hold'; reason: HoldReason };

/** Decides where an event goes. */
export function routeOf(event: StripeEvent, policy: LivemodePolicy): Route {
  if (event.data === undefined) return { to: 'hold', reason: 'thin' };
  if (policy !== 'any' && event.livemode !== (policy === 'live')) {
    return { to: 'hold', reason: 'livemode' };
  }
  const rule = ruleOf(event);
  if (rule === undefined) return { to: 'nobody' };
  if (event.api_version !== GHOST_API_VERSION) return { to: 'hold', reason: 'api_version' };
  const customer = customerOf(event);
  return {
    to: 'ghost',
    rank: rule.rank,
    ...(customer !== undefined && { group: customer }),
    ...(rule.isSuperseded && { supersedes: `${event.type} ${fieldsOf(event)['id']}` }),
  };
}

/** Whether Ghost comes to the same state when it gets the event twice. */
export function isRepeatable(event: StripeEvent): boolean {
  return ruleOf(event)?.isRepeatable(fieldsOf(event)) ?? true;
}

/**
 * Of an event that Ghost counts each time: what it is about. Stripe may send two events with different
 * ids for one change, and the object with the type tells: https://docs.stripe.com/webhooks#handle-duplicate-events
 */
export function countedOnce(event: StripeEvent): string | undefined {
  const { id } = fieldsOf(event);
  if (isRepeatable(event) || typeof id !== 'string') return undefined;
  // A checkout that is paid for later has a second event of another type, which Ghost reads for gifts alone.
  return `${event.type} ${id}`;
}

/** Whether two events would make rows in Ghost that cannot be told apart. */
export function isAlike(one: StripeEvent, other: StripeEvent): boolean {
  const rowOf = (event: StripeEvent) => {
    const { amount_paid, amount_total, currency } = fieldsOf(event);
    const kind = event.type.startsWith('invoice.') ? 'payment' : 'donation';
    return JSON.stringify([kind, customerOf(event), amount_paid ?? amount_total, currency]);
  };
  return !isRepeatable(one) && !isRepeatable(other) && rowOf(one) === rowOf(other);
}

function ruleOf({ type }: StripeEvent): GhostRule | undefined {
  return Object.hasOwn(GHOST_EVENTS, type) ? GHOST_EVENTS[type] : undefined;
}

/** The customer that an event is about, if any: a donation by a stranger has none. */
export function customerOf(event: StripeEvent): string | undefined {
  const { customer } = fieldsOf(event);
  const id = typeof customer === 'object' ? (customer as StripeObject | null)?.['id'] : customer;
  return typeof id === 'string' ? id : undefined;
}
