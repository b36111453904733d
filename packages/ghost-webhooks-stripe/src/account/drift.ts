import type { GhostAdmin } from '../deliver/ghost-admin.ts';
import type { LegacySubscription } from '../webhook/legacy-event.ts';
import { envelope, type Repair } from './repair.ts';
import type { StripeAccount } from './stripe.ts';

interface HeldByGhost {
  email: string;
  status: string;
  isEnding: boolean;
}

/** What is compared. */
export interface DriftOptions {
  account: StripeAccount;
  admin: GhostAdmin;
  /** Products at Stripe whose subscriptions are the site's, besides those that Ghost has members of. */
  products: readonly string[];
  /** Whether a difference in a subscription is asked for. */
  isWanted: (subscription: LegacySubscription) => boolean;
  now: () => number;
}

/** Where Stripe and Ghost tell differently of a subscription. */
export interface Drift {
  repairs: Repair[];
  /** What a person has to look at. */
  notes: string[];
  /** How many subscriptions were compared. */
  compared: number;
}

/** Compares the subscriptions at Stripe with those of Ghost's members. */
export async function findDrift(options: DriftOptions): Promise<Drift> {
  const { account, admin, products, isWanted, now } = options;
  const found: Drift = { repairs: [], notes: [], compared: 0 };
  const inGhost = new Map<string, HeldByGhost>();
  for await (const { email, subscriptions } of admin.paidMembers()) {
    for (const it of subscriptions) {
      inGhost.set(it.id, { email, status: it.status, isEnding: it.cancel_at_period_end });
    }
  }
  const ours = new Set(products);
  const strangers: LegacySubscription[] = [];
  const seen = new Set<string>();
  const stamp = new Date(now()).toISOString().replace(/\D/g, '').slice(0, 14);
  for await (const subscription of account.subscriptions()) {
    found.compared += 1;
    seen.add(subscription.id);
    const held = inGhost.get(subscription.id);
    const product = subscription.items.data[0]?.price.product;
    if (held && product !== undefined) ours.add(product);
    if (!isWanted(subscription)) continue;
    if (held === undefined) strangers.push(subscription);
    else if (isStale(held, subscription))
      found.repairs.push(staleRepair(subscription, held, stamp));
  }
  for (const subscription of strangers.filter(givesAccess)) {
    if (await isTheSites(account, subscription, ours)) {
      found.repairs.push(unknownRepair(subscription, stamp));
    } else {
      const product = subscription.items.data[0]?.price.product;
      found.notes.push(
        `${subscription.id} of ${subscription.customer} is not known to Ghost and may be of another shop: --product ${product} says it is the site's.`,
      );
    }
  }
  for (const [id, { email, status }] of inGhost) {
    if (id === '' || seen.has(id) || status === 'canceled') continue;
    found.notes.push(
      `${email} has ${id} in Ghost (${status}), which this account at Stripe does not know.`,
    );
  }
  return found;
}

const ACCESS = new Set(['active', 'trialing', 'past_due', 'unpaid']);

function givesAccess({ status, items }: LegacySubscription): boolean {
  // Ghost takes no subscription of several prices.
  return ACCESS.has(status) && items.data.length === 1;
}

function isStale(held: HeldByGhost, { status, cancel_at_period_end }: LegacySubscription): boolean {
  return held.status !== status || held.isEnding !== cancel_at_period_end;
}

/** A customer who bought at another shop of the same account must not become a member. */
async function isTheSites(
  account: StripeAccount,
  { id, items }: LegacySubscription,
  products: ReadonlySet<string>,
): Promise<boolean> {
  if (products.has(items.data[0]?.price.product ?? '')) return true;
  const checkouts = await account.checkoutsOf(id);
  return checkouts.some(({ metadata }) => metadata?.['ghostTierId'] !== undefined);
}

/** Ghost fetches the subscription itself; the event only has to name it. */
function staleRepair(subscription: LegacySubscription, held: HeldByGhost, stamp: string): Repair {
  const { id: subject, status } = subscription;
  return {
    ...synthetic('customer.subscription.updated', `${subject}_${stamp}`, subscription),
    kind: 'stale-in-ghost',
    subject,
    why: `${held.email} is ${held.status}${held.isEnding ? ', ending' : ''} in Ghost and ${status}${subscription.cancel_at_period_end ? ', ending' : ''} at Stripe`,
  };
}

/** Ghost makes the member and fetches the customer's subscriptions. */
function unknownRepair(subscription: LegacySubscription, stamp: string): Repair {
  const { id, customer, status } = subscription;
  const session = {
    id: `cs_gw_${id}`,
    object: 'checkout.session',
    mode: 'subscription',
    customer,
    subscription: id,
    metadata: { checkoutType: 'upgrade' },
  };
  return {
    ...synthetic('checkout.session.completed', `${id}_${stamp}`, subscription, session),
    kind: 'unknown-to-ghost',
    subject: customer,
    why: `${id} is ${status} at Stripe and Ghost has no such subscription`,
  };
}

function synthetic(
  type: string,
  name: string,
  subscription: LegacySubscription,
  object: object = subscription,
): Pick<Repair, 'id' | 'type' | 'build'> {
  const id = `evt_gw_${name}`;
  const created = Math.floor(Date.now() / 1000);
  const { livemode = false } = subscription as { livemode?: boolean };
  return { id, type, build: async () => envelope({ id, type, created, livemode }, object) };
}
