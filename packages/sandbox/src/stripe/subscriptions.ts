import type { Coupon, Metadata, Price } from './catalog.ts';
import { previousAttributes } from './event.ts';
import type { BillingReason } from './invoice.ts';
import { type Account, billSubscription } from './payments.ts';
import { StripeRefusal } from './refusal.ts';
import { buildSubscription, type Subscription, type SubscriptionStatus } from './subscription.ts';
import {
  type Changes,
  endingWithPeriod,
  GOING_ON,
  inNextPeriod,
  movedTo,
} from './subscription-changes.ts';

/** How a subscription begins. */
interface NewSubscription {
  customer: string;
  price: Price;
  metadata?: Metadata | undefined;
  coupon?: Coupon | undefined;
  trialDays?: number | undefined;
  /** Whose card is charged. */
  paymentMethod: string | null;
}

/**
 * The life of subscriptions. Each step changes the account as Stripe would and sends the events that
 * Stripe would send; all throw StripeRefusal `resource_missing` for an unknown id.
 */
export interface Subscriptions {
  list(): Subscription[];
  get(id: string): Subscription;
  /** Starts one and charges the first period, or begins the trial. */
  create(input: NewSubscription): Subscription;
  /** Begins the next period and charges it. A subscription set to end at the end of its period ends. */
  renew(id: string): Subscription;
  /** Begins the next period, whose charge fails: `past_due`. */
  failPayment(id: string): Subscription;
  /** Charges what is owed: `active` again. */
  recover(id: string): Subscription;
  /** Sets it to end at the end of its period. */
  cancel(id: string): Subscription;
  /** Takes that back. */
  resume(id: string): Subscription;
  /** Ends it now. */
  cancelNow(id: string): Subscription;
  /** Moves it to another price from now on and charges that. */
  changePlan(id: string, priceId: string): Subscription;
  /** Makes several changes at once, with one event; a new plan is charged. */
  update(id: string, changes: Changes): Subscription;
}

/** Creates the subscriptions of an account. */
export function createSubscriptions(account: Account): Subscriptions {
  const { books, webhooks } = account;
  const get = (id: string) => books.get('subscription', id);
  const alive = (id: string): Subscription => {
    const subscription = get(id);
    if (subscription.status !== 'canceled') return subscription;
    throw new StripeRefusal(404, `No such subscription: '${id}'`, { code: 'resource_missing' });
  };

  const save = (before: Subscription, changes: Changes): Subscription => {
    const after = books.put('subscription', { ...before, ...changes });
    const previous = previousAttributes(before, after);
    if (Object.keys(previous).length > 0) {
      webhooks.emit('customer.subscription.updated', after, previous);
    }
    return after;
  };

  /** Charges the subscription as it is after the changes, and saves them with the invoice. */
  const bill = (
    before: Subscription,
    changes: Changes,
    how: { reason: BillingReason; paid: boolean },
  ): Subscription => {
    const invoice = billSubscription(account, { ...before, ...changes }, how);
    return save(before, { ...changes, latest_invoice: invoice.id });
  };

  const update = (id: string, changes: Changes): Subscription => {
    const before = alive(id);
    if (changes.plan === undefined) return save(before, changes);
    return bill(before, changes, { reason: 'subscription_update', paid: true });
  };

  const end = (before: Subscription): Subscription => {
    const now = books.seconds();
    const after = books.put('subscription', {
      ...before,
      status: 'canceled' as SubscriptionStatus,
      canceled_at: before.canceled_at ?? now,
      ended_at: now,
    });
    webhooks.emit('customer.subscription.deleted', after);
    return after;
  };

  return {
    list: () => books.list('subscription'),
    get,
    create({ customer, price, metadata = {}, coupon, trialDays, paymentMethod }) {
      const input = { customer, price, metadata, coupon, trialDays, itemId: books.newId('si') };
      const incomplete = buildSubscription(books.identify('subscription'), input);
      books.put('subscription', incomplete);
      webhooks.emit('customer.subscription.created', incomplete);
      const status: SubscriptionStatus = incomplete.trial_end === null ? 'active' : 'trialing';
      const changes = { status, default_payment_method: paymentMethod };
      return bill(incomplete, changes, { reason: 'subscription_create', paid: true });
    },
    renew(id) {
      const before = alive(id);
      if (before.cancel_at_period_end) return end(before);
      const changes = { ...inNextPeriod(before), status: 'active' as const };
      return bill(before, changes, { reason: 'subscription_cycle', paid: true });
    },
    failPayment(id) {
      const before = alive(id);
      const changes = { ...inNextPeriod(before), status: 'past_due' as const };
      return bill(before, changes, { reason: 'subscription_cycle', paid: false });
    },
    recover: (id) =>
      bill(alive(id), { status: 'active' }, { reason: 'subscription_cycle', paid: true }),
    cancel: (id) => update(id, endingWithPeriod(alive(id), books.seconds())),
    resume: (id) => update(id, GOING_ON),
    cancelNow: (id) => end(alive(id)),
    changePlan: (id, priceId) =>
      update(id, movedTo(alive(id), books.get('price', priceId), books.seconds())),
    update,
  };
}
