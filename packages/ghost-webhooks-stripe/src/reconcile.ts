import type { StripeEvent } from './event.ts';
import { CLOCKS_APART_MS, type GhostAdmin } from './ghost-admin.ts';
import { GHOST_EVENTS, isAlike, isRepeatable } from './ghost-events.ts';
import type { Inbox } from './inbox.ts';
import { RETRIES_END_MS } from './keyring.ts';
import { GHOST_API_VERSION, type LegacySubscription } from './legacy-event.ts';
import type { ListedEvent, StripeAccount } from './stripe.ts';

/** Something that Ghost should know and may not. */
export interface Repair {
  /** `lost`: Stripe has an event that the inbox lacks. The others: Stripe and Ghost tell differently of a subscription. */
  kind: 'lost' | 'unknown-to-ghost' | 'stale-in-ghost';
  /** Id and type of the event that repairs it. */
  id: string;
  type: string;
  /** The customer or the object it is about. */
  subject: string;
  /** For a person. */
  why: string;
  /** Makes the event, in the shape that Ghost reads; `undefined` when its object is gone. */
  build: () => Promise<StripeEvent | undefined>;
}

/** What was compared, and what was found. */
export interface Findings {
  repairs: Repair[];
  /** What a person has to look at: nothing is done about it. */
  notes: string[];
  compared: { events: number; subscriptions: number };
}

/** What a reconcile needs. */
export interface ReconcileOptions {
  account: StripeAccount;
  inbox: Pick<Inbox, 'known' | 'firstReceivedAt'>;
  /** (Default: only events are compared) */
  admin?: GhostAdmin | undefined;
  /**
   * Events since this time, but none from before the inbox: Ghost got those by itself. `all` looks at them
   * too, 30 days back, and compares every subscription.
   */
  since: Date | 'all';
  /** Products at Stripe whose subscriptions are the site's, besides those that Ghost has members of. */
  products?: readonly string[];
  now?: () => number;
}

/** Stripe may be sending it at this moment. */
const STILL_ON_ITS_WAY_MS = 300_000;
const STRIPE_KEEPS_MS = 30 * 86_400_000;

/**
 * Compares what Stripe has with what the inbox and Ghost have, in both directions, and says what would
 * repair the difference. Changes nothing.
 */
export async function compare(options: ReconcileOptions): Promise<Findings> {
  const { admin, since, now = Date.now } = options;
  const from = since === 'all' ? new Date(now() - STRIPE_KEEPS_MS) : since;
  const { lost, touched, events, early } = await findLost(options, from);
  const found: Findings = { repairs: lost, notes: [], compared: { events, subscriptions: 0 } };
  if (early > 0) {
    found.notes.push(
      `${early} events are from before the inbox and were left to Ghost: --all looks at them too.`,
    );
  }
  if (admin === undefined) {
    found.notes.push('Members were not compared: that needs GHOST_ADMIN_API_KEY.');
    return found;
  }
  // What a lost event is about is repaired by that event.
  const beingRepaired = new Set(lost.map(({ subject }) => subject));
  const isWanted = ({ id }: LegacySubscription) =>
    !beingRepaired.has(id) && (since === 'all' || touched.has(id));
  await findDrift(options, admin, found, isWanted);
  return found;
}

async function findLost(
  { account, inbox, since: asked, now = Date.now }: ReconcileOptions,
  since: Date,
): Promise<{ lost: Repair[]; touched: Set<string>; events: number; early: number }> {
  const beganAt = asked === 'all' ? 0 : ((await inbox.firstReceivedAt())?.getTime() ?? now());
  const lost: Repair[] = [];
  const touched = new Set<string>();
  const newest = (now() - STILL_ON_ITS_WAY_MS) / 1_000;
  let events = 0;
  let early = 0;
  let page: ListedEvent[] = [];
  const look = async () => {
    const known = await inbox.known(page.map(({ id }) => id));
    const absent = page.filter(({ id }) => !known.has(id));
    const since = absent.filter(({ created }) => created * 1000 >= beganAt);
    early += absent.length - since.length;
    lost.push(...since.map((event) => repairOf(event, account)));
    page = [];
  };
  for await (const event of account.events({ since, types: Object.keys(GHOST_EVENTS) })) {
    events += 1;
    if (event.objectKind === 'subscription') touched.add(event.objectId);
    if (event.created <= newest) page.push(event);
    if (page.length === 100) await look();
  }
  await look();
  // Oldest first, as they happened.
  return { lost: lost.reverse(), touched, events, early };
}

/**
 * How many events since a time Stripe has not delivered everywhere and the inbox lacks, those of this
 * moment too: to delete an endpoint ends Stripe's tries of them.
 */
export async function countUndelivered(
  account: StripeAccount,
  inbox: Pick<Inbox, 'known'>,
  { since, before }: { since: Date; before?: Date },
): Promise<number> {
  const ids: string[] = [];
  const types = Object.keys(GHOST_EVENTS);
  for await (const { id, created } of account.events({ since, types, undelivered: true })) {
    if (before === undefined || created * 1000 < before.getTime()) ids.push(id);
  }
  let missing = 0;
  for (let at = 0; at < ids.length; at += 100) {
    const some = ids.slice(at, at + 100);
    missing += some.length - (await inbox.known(some)).size;
  }
  return missing;
}

/** Under Stripe's own id, so that it is recognised should Stripe send it after all. */
function repairOf(event: ListedEvent, account: StripeAccount): Repair {
  const { id, type, created, livemode, objectId, objectKind } = event;
  return {
    kind: 'lost',
    id,
    type,
    subject: objectId,
    why: `Stripe made it at ${new Date(created * 1000).toISOString()} and it never came`,
    async build() {
      const object = await account.find(objectKind, objectId);
      return object && envelope({ id, type, created, livemode }, object);
    },
  };
}

type Frame = Pick<ListedEvent, 'id' | 'type' | 'created' | 'livemode'>;

function envelope({ id, type, created, livemode }: Frame, object: object): StripeEvent {
  const data = { object };
  return { id, object: 'event', api_version: GHOST_API_VERSION, created, livemode, type, data };
}

interface HeldByGhost {
  email: string;
  status: string;
  isEnding: boolean;
}

async function findDrift(
  options: ReconcileOptions,
  admin: GhostAdmin,
  found: Findings,
  isWanted: (subscription: LegacySubscription) => boolean,
): Promise<void> {
  const { account, now = Date.now, products = [] } = options;
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
    found.compared.subscriptions += 1;
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

/**
 * What became of a repair: it goes to Ghost, its object is gone at Stripe, Ghost has counted it, the inbox
 * has it or another event about the same payment, or it is held: a person has to look.
 */
export type RepairOutcome = 'sent' | 'gone' | 'counted' | 'known' | 'twin' | 'held';

/**
 * Puts repairs into the inbox, from where they go to Ghost like every other event. An event that Ghost counts
 * each time is sent only where Ghost says that it has not counted it, and is else held.
 */
export async function repair(
  repairs: readonly Repair[],
  inbox: Pick<Inbox, 'record' | 'countAlike'>,
  admin?: GhostAdmin,
): Promise<{ repair: Repair; outcome: RepairOutcome }[]> {
  const repaired: { repair: Repair; outcome: RepairOutcome }[] = [];
  const counted: StripeEvent[] = [];
  for (const one of repairs) {
    const event = await one.build();
    repaired.push({
      repair: one,
      outcome: event === undefined ? 'gone' : await bring(event, inbox, admin, counted),
    });
  }
  return repaired;
}

async function bring(
  event: StripeEvent,
  inbox: Pick<Inbox, 'record' | 'countAlike'>,
  admin: GhostAdmin | undefined,
  counted: StripeEvent[],
): Promise<RepairOutcome> {
  const answer = isRepeatable(event) ? 'no' : await askGhost(event, inbox, admin, counted);
  if (answer === 'yes') {
    counted.push(event);
    return 'counted';
  }
  const received = {
    event,
    body: Buffer.from(JSON.stringify(event, null, 2)),
    signature: '',
    timestamp: Math.floor(Date.now() / 1000),
    secretId: '',
    remoteAddress: null,
  };
  const holdFor = answer === 'no' ? undefined : 'ambiguous';
  const result = await inbox.record(received, 'reconcile', holdFor);
  if ('held' in result) return 'held';
  if ('twinOf' in result) return 'twin';
  return result.outcome === 'recorded' || result.outcome === 'replaced' ? 'sent' : 'known';
}

async function askGhost(
  event: StripeEvent,
  inbox: Pick<Inbox, 'countAlike'>,
  admin: GhostAdmin | undefined,
  counted: readonly StripeEvent[],
) {
  if (admin === undefined) return 'unknown';
  // Ghost has got it while Stripe tried, or never.
  const madeAt = Number(event.created) * 1000;
  const time = {
    since: new Date(madeAt - CLOCKS_APART_MS),
    until: new Date(madeAt + RETRIES_END_MS),
  };
  const isClaimed = (other: StripeEvent) =>
    isAlike(other, event) && Math.abs(Number(other.created) * 1000 - madeAt) < RETRIES_END_MS;
  const alike = (await inbox.countAlike(event, time)) + counted.filter(isClaimed).length;
  return admin.hasCounted(event, { ...time, alike });
}
