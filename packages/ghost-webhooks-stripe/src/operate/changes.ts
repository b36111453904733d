import type { Inbox } from '../inbox/inbox.ts';
import { type Change, type ChangeType, changesIn } from '../webhook/change.ts';
import { fieldsOf } from '../webhook/event.ts';

/** What happened to a member, and who that is. */
export interface ListedChange extends Omit<Change, 'at'> {
  at: Date;
  /** As the events of the customer say; null where none says it any more. */
  address: string | null;
}

/** Which changes. */
export interface ChangeFilter {
  type?: ChangeType | undefined;
  customer?: string | undefined;
  /** Of events that came in this time. */
  since?: Date | undefined;
  until?: Date | undefined;
}

/** The one type of events that says so, where there is one. */
const TOLD_BY: Partial<Record<ChangeType, string>> = {
  'subscription.upgraded': 'customer.subscription.updated',
  'subscription.downgraded': 'customer.subscription.updated',
  'subscription.cancel_scheduled': 'customer.subscription.updated',
  'subscription.resumed': 'customer.subscription.updated',
  'subscription.past_due': 'customer.subscription.updated',
  'subscription.recovered': 'customer.subscription.updated',
  'subscription.ended': 'customer.subscription.deleted',
  'payment.succeeded': 'invoice.payment_succeeded',
  'payment.failed': 'invoice.payment_failed',
  'payment.refunded': 'charge.refunded',
};

/** The types of events that name the reader, those first that are of one. */
const NAMED_BY = ['checkout.session.completed', 'invoice.payment_succeeded'];

type Looked = Pick<Inbox, 'list' | 'find'>;

/** Reads what events say, newest first: `limit` events for a page, however few of them are about such a change. */
export async function listChanges(
  inbox: Looked,
  { type, ...filter }: ChangeFilter,
  page: { limit: number; after?: string | undefined },
): Promise<{ items: ListedChange[]; next: string | null }> {
  const told = type === undefined ? {} : { type: TOLD_BY[type] };
  const { items: lines, next } = await inbox.list({ ...filter, ...told }, page);
  const addresses = new Map<string, Promise<string | null>>();
  const items: ListedChange[] = [];
  for (const { id } of lines) {
    const stored = await inbox.find(id);
    const changes = stored === undefined ? [] : changesIn(stored.event);
    for (const change of changes.filter((one) => type === undefined || one.type === type)) {
      const { customer, at } = change;
      const known = customer === null ? undefined : addresses.get(customer);
      const asked = known ?? addressOf(inbox, customer);
      if (customer !== null) addresses.set(customer, asked);
      items.push({ ...change, at: new Date(at * 1_000), address: await asked });
    }
  }
  return { items, next };
}

async function addressOf(inbox: Looked, customer: string | null): Promise<string | null> {
  if (customer === null) return null;
  for (const type of NAMED_BY) {
    const { items } = await inbox.list({ customer, type }, { limit: 1 });
    const stored = items[0] && (await inbox.find(items[0].id));
    if (stored === undefined) continue;
    const { customer_details, customer_email } = fieldsOf(stored.event);
    const address = (customer_details as { email?: unknown } | null)?.email ?? customer_email;
    if (typeof address === 'string') return address;
  }
  return null;
}
