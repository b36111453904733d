import { ghostAdminToken } from '@prosora/service';
import { customerOf } from '../inbox/ghost-events.ts';
import { fieldsOf, type StripeEvent } from '../webhook/event.ts';

/** Whether Ghost has counted an event: `unknown` when it cannot be told, `not-now` while Ghost is away. */
type Counted = 'yes' | 'no' | 'unknown' | 'not-now';

/** Which of Ghost's rows may be the event's. */
export interface CountQuestion {
  /** When Ghost can first have counted it, on our clock, less `CLOCKS_APART_MS`. */
  since: Date;
  /** When it can last have. (Default: now) */
  until?: Date;
  /** How many events of the same customer and amount Ghost has counted in that time besides this one. */
  alike: number;
}

/** Ghost's Admin API, asked what it has of a payment. */
export interface GhostAdmin {
  /** Whether Ghost has a row of a payment or donation; never throws. */
  hasCounted(event: StripeEvent, question: CountQuestion): Promise<Counted>;
  /** Members that have a customer at Stripe, page by page. @throws Error with Ghost's answer */
  paidMembers(): AsyncGenerator<GhostMember>;
  /** A sentence on what is wrong with the key or the address, or nothing. */
  problem(): Promise<string | undefined>;
}

/** A member, as far as it is read here. */
interface GhostMember {
  id: string;
  email: string;
  status: string;
  subscriptions: {
    id: string;
    status: string;
    cancel_at_period_end: boolean;
    customer: { id: string } | null;
  }[];
}

/** How Ghost's Admin API is reached. */
export interface GhostAdminOptions {
  /** Where Ghost itself listens, with the path of a site in a subdirectory. */
  url: string;
  /** Of a custom integration, `<id>:<secret>`. */
  key: string;
  timeoutMs?: number;
  /** The clock by which `CountQuestion` is asked, in milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

interface PaymentEvent {
  type: string;
  data: { created_at: string; amount: number; currency: string };
}

/**
 * Begin to look so much earlier than Ghost can have counted an event: its rows are dated to the second, and
 * its clock is known from its `Date` header to the second.
 */
export const CLOCKS_APART_MS = 5_000;
const PAGE = 100;

/** Ghost has answered, but not with what was asked for. */
class RefusedByGhost extends Error {
  readonly status: number;

  constructor(status: number, path: string) {
    super(`Ghost's Admin API answers ${status} to ${path}`);
    this.status = status;
  }
}

/** Makes the client of one Ghost's Admin API: https://docs.ghost.org/admin-api */
export function createGhostAdmin(options: GhostAdminOptions): GhostAdmin {
  const { url, key, timeoutMs = 20_000, now = Date.now } = options;
  const base = `${url.replace(/\/$/, '')}/ghost/api/admin`;

  async function ask(path: string, query: Record<string, string>): Promise<Response> {
    const response = await fetch(`${base}/${path}/?${new URLSearchParams(query)}`, {
      headers: {
        authorization: `Ghost ${await ghostAdminToken(key)}`,
        'accept-version': 'v6.0',
        'x-forwarded-proto': 'https',
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new RefusedByGhost(response.status, path);
  }

  async function get<Body>(path: string, query: Record<string, string>): Promise<Body> {
    return (await ask(path, query)).json() as Promise<Body>;
  }

  /** The member whom Ghost counts an event for, where that is sure. */
  async function memberOf(event: StripeEvent): Promise<string | undefined> {
    const email = emailIn(event);
    const customer = customerOf(event);
    if (email === undefined || customer === undefined) return undefined;
    const filter = `email:${quoted(email)}`;
    const { members } = await get<{ members: GhostMember[] }>('members', { filter, limit: '1' });
    const member = members[0];
    // Ghost goes by the customer: the address may be another member's by now, or the member have two customers.
    const isSure =
      member?.subscriptions.length &&
      member.subscriptions.every((it) => it.customer?.id === customer);
    return isSure ? member.id : undefined;
  }

  async function count(
    event: StripeEvent,
    { since, until, alike }: CountQuestion,
  ): Promise<Counted> {
    const member = await memberOf(event);
    if (member === undefined) return 'unknown';
    const { type, amount, currency } = paymentIn(event);
    const response = await ask('members/events', {
      filter: `type:${type}+data.member_id:${quoted(member)}`,
      limit: String(PAGE),
    });
    const ghostsNow = Date.parse(response.headers.get('date') ?? '');
    const aheadMs = Number.isNaN(ghostsNow) ? 0 : ghostsNow - now();
    const from = since.getTime() + aheadMs;
    const to = until === undefined ? Number.POSITIVE_INFINITY : until.getTime() + aheadMs;
    const { events } = (await response.json()) as { events: PaymentEvent[] };
    const rows = events.filter(({ data }) => {
      const at = Date.parse(data.created_at);
      return at >= from && at <= to && data.amount === amount && data.currency === currency;
    }).length;
    if (rows > alike) return 'yes';
    // A donation may be listed under no member, and an answer of 200 need not have made a row.
    return type === 'payment_event' && rows === alike ? 'no' : 'unknown';
  }

  return {
    async hasCounted(event, question) {
      try {
        return await count(event, question);
      } catch (error) {
        const isRefusal = error instanceof RefusedByGhost && error.status < 500;
        return isRefusal && error.status !== 429 ? 'unknown' : 'not-now';
      }
    },
    async *paidMembers() {
      for (let page: number | null = 1; page !== null; ) {
        const answer: { members: GhostMember[]; meta: { pagination: { next: number | null } } } =
          await get('members', { filter: 'status:-free', limit: String(PAGE), page: String(page) });
        yield* answer.members;
        page = answer.meta.pagination.next;
      }
    },
    async problem() {
      try {
        await get('members', { limit: '1' });
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    },
  };
}

/** A string of Ghost's filter language, NQL. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, (sign) => `\\${sign}`)}'`;
}

function emailIn(event: StripeEvent): string | undefined {
  const { customer_email, customer_details } = fieldsOf(event);
  const email = customer_email ?? (customer_details as { email?: unknown } | null)?.email;
  return typeof email === 'string' && email !== '' ? email : undefined;
}

function paymentIn(event: StripeEvent): { type: string; amount: unknown; currency: unknown } {
  const { amount_paid, amount_total, currency } = fieldsOf(event);
  return event.type.startsWith('invoice.')
    ? { type: 'payment_event', amount: amount_paid, currency }
    : { type: 'donation_event', amount: amount_total, currency };
}
