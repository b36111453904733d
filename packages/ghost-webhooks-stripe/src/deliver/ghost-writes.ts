import { isRepeatable } from '../inbox/ghost-events.ts';
import type { StripeEvent } from '../webhook/event.ts';
import type { GhostAnswer } from './ghost-answers.ts';

/** Statuses from one to another. */
type Statuses = readonly [from: number, to: number];

/**
 * The refusals that Ghost gives before it writes the row that counts, for the two kinds of event that make
 * one more each time. Read in Ghost 6.65.0, `core/server/services/stripe/`; whatever is not here leaves it
 * open whether the row is there.
 *
 * What can have been written before an answer other than 2xx, per type. Nothing has been before a 3xx, a 413, Ghost's
 * own page of maintenance, and the 401 that refuses a signature: these come before Ghost looks at the event.
 *
 * | type | Ghost does, in this order | other 4xx | 5xx, a cut connection |
 * |---|---|---|---|
 * | `invoice.payment_succeeded` | asks Stripe, finds the member, adds the payment | nothing | the payment |
 * | `checkout.session.completed`, a donation | finds the member, adds the donation, mails the staff | 422: nothing, else the donation | the donation |
 * | the same, a subscription | asks Stripe, makes the member, links each subscription in a transaction | a part | a part or all |
 * | the same, a gift | completes the gift in a transaction, mails | nothing | the gift |
 * | the same, a setup | changes the payment method at Stripe, links each subscription | a part | a part or all |
 * | `checkout.session.async_payment_succeeded` | as a gift; for all else nothing | nothing | the gift |
 * | `checkout.session.async_payment_failed` | nothing | nothing | nothing |
 * | `customer.subscription.created`, `.updated`, `.deleted` | links the subscription in a transaction that asks Stripe, ends a complimentary one | the link | the link or all |
 * | `charge.refunded` | marks a gift as refunded in a transaction | nothing | the refund |
 *
 * Only the first two make another row when the event comes again. All others find what is there by its id,
 * so that a part is completed and the whole is left as it is.
 */
const BEFORE_COUNTING: { payment: readonly Statuses[]; donation: readonly Statuses[] } = {
  // The payment is the last thing that `invoice-event-service.js` does: each 4xx comes before it, its own 404
  // for an unknown member and all that Stripe's API answers, which Ghost passes on.
  payment: [
    [300, 399],
    [400, 499],
  ],
  // `checkout-session-event-service.js` mails after `donationRepository.save`, and `GhostMailer.js` makes its
  // failure a 500, or a 400 for a recipient. 422 is the model's own check, which runs before the insert.
  donation: [
    [300, 399],
    [401, 401],
    [413, 413],
    [422, 422],
  ],
};

/**
 * What Ghost may have counted of an event before it gave an answer that is not a success, in words; nothing
 * when it surely has not, or when a second time changes nothing.
 */
export function doubtAfter(event: StripeEvent, answer: GhostAnswer): string | undefined {
  if (answer.kind === 'unsent' || isRepeatable(event)) return undefined;
  const kind = kindOf(event);
  if (answer.kind === 'unanswered') return `Ghost may have counted the ${kind}`;
  if (answer.isClosed || !leavesDoubt(event, answer.status)) return undefined;
  const mayBeMail = kind === 'donation' && (answer.status === 500 || answer.status === 400);
  return `Ghost failed${mayBeMail ? `, ${STAFF_MAIL},` : ''} and may have counted the ${kind}`;
}

/** What is said of a failure that may be that of the mail to Ghost's staff, which follows the row. */
export const STAFF_MAIL = 'as it does when its mail to the staff fails';

/** Whether a status leaves it open if Ghost has counted an event. */
export function leavesDoubt(event: StripeEvent, status: number): boolean {
  if (isRepeatable(event) || (status >= 200 && status <= 299)) return false;
  return !BEFORE_COUNTING[kindOf(event)].some(([from, to]) => status >= from && status <= to);
}

function kindOf({ type }: StripeEvent): keyof typeof BEFORE_COUNTING {
  return type.startsWith('invoice.') ? 'payment' : 'donation';
}
