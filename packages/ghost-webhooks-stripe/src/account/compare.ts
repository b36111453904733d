import type { GhostAdmin } from '../deliver/ghost-admin.ts';
import { GHOST_EVENTS } from '../inbox/ghost-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { LegacySubscription } from '../webhook/legacy-event.ts';
import { findDrift } from './drift.ts';
import { envelope, type Repair } from './repair.ts';
import type { ListedEvent, StripeAccount } from './stripe.ts';

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

/**
 * Stripe may be sending it at this moment. No longer than a restore takes, or what the lost inbox of a minute ago had
 * taken would be passed over: Stripe does not send it again.
 */
const STILL_ON_ITS_WAY_MS = 60_000;
const STRIPE_KEEPS_MS = 30 * 86_400_000;

/**
 * Compares what Stripe has with what the inbox and Ghost have, in both directions, and says what would
 * repair the difference. Changes nothing.
 */
export async function compare(options: ReconcileOptions): Promise<Findings> {
  const { account, admin, since, products = [], now = Date.now } = options;
  const from = since === 'all' ? new Date(now() - STRIPE_KEEPS_MS) : since;
  const { lost, touched, events, early, fresh } = await findLost(options, from);
  const found: Findings = { repairs: lost, notes: [], compared: { events, subscriptions: 0 } };
  if (early > 0) {
    found.notes.push(
      `${early} events are from before the inbox and were left to Ghost: --all looks at them too.`,
    );
  }
  if (fresh > 0) {
    found.notes.push(
      `${fresh} events of the last minute may still be on their way: run it again in a minute.`,
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
  const drift = await findDrift({ account, admin, products, isWanted, now });
  return {
    repairs: [...lost, ...drift.repairs],
    notes: [...found.notes, ...drift.notes],
    compared: { events, subscriptions: drift.compared },
  };
}

async function findLost(
  { account, inbox, since: asked, now = Date.now }: ReconcileOptions,
  since: Date,
): Promise<{
  lost: Repair[];
  touched: Set<string>;
  events: number;
  early: number;
  fresh: number;
}> {
  const beganAt = asked === 'all' ? 0 : ((await inbox.firstReceivedAt())?.getTime() ?? now());
  const lost: Repair[] = [];
  const touched = new Set<string>();
  const newest = (now() - STILL_ON_ITS_WAY_MS) / 1_000;
  let events = 0;
  let early = 0;
  let fresh = 0;
  let page: ListedEvent[] = [];
  const look = async () => {
    const known = await inbox.known(page.map(({ id }) => id));
    const absent = page.filter(({ id }) => !known.has(id));
    const since = absent.filter(({ created }) => created * 1000 >= beganAt);
    early += absent.length - since.length;
    const due = since.filter(({ created }) => created <= newest);
    fresh += since.length - due.length;
    lost.push(...due.map((event) => repairOf(event, account)));
    page = [];
  };
  for await (const event of account.events({ since, types: Object.keys(GHOST_EVENTS) })) {
    events += 1;
    if (event.objectKind === 'subscription') touched.add(event.objectId);
    page.push(event);
    if (page.length === 100) await look();
  }
  await look();
  // Oldest first, as they happened.
  return { lost: lost.reverse(), touched, events, early, fresh };
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
