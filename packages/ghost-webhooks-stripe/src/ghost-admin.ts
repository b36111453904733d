import { createHmac } from 'node:crypto';
import { fieldsOf, type StripeEvent } from './event.ts';
import { customerOf } from './ghost-events.ts';

/** Whether Ghost has counted an event: `unknown` when it cannot be told, or not now. */
type Counted = 'yes' | 'no' | 'unknown';

/** Ghost's Admin API, asked what it has of a payment. */
export interface GhostAdmin {
  /** Whether a payment or donation was written at or after a time; never throws. */
  hasCounted(event: StripeEvent, since: Date): Promise<Counted>;
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
}

interface PaymentEvent {
  type: string;
  data: { created_at: string; amount: number; currency: string };
}

/** Ghost's clock is read to the second, and it need not be ours. */
const CLOCKS_APART_MS = 5_000;
const PAGE = 100;

/** Makes the client of one Ghost's Admin API: https://docs.ghost.org/admin-api */
export function createGhostAdmin({ url, key, timeoutMs = 20_000 }: GhostAdminOptions): GhostAdmin {
  const base = `${url.replace(/\/$/, '')}/ghost/api/admin`;

  async function get<Body>(path: string, query: Record<string, string>): Promise<Body> {
    const response = await fetch(`${base}/${path}/?${new URLSearchParams(query)}`, {
      headers: {
        authorization: `Ghost ${tokenFor(key)}`,
        'accept-version': 'v6.0',
        'x-forwarded-proto': 'https',
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) return (await response.json()) as Body;
    await response.body?.cancel();
    throw new Error(`Ghost's Admin API answers ${response.status} to ${path}`);
  }

  async function memberIdFor(event: StripeEvent): Promise<string | undefined> {
    const email = emailIn(event);
    if (email === undefined) return undefined;
    const filter = `email:${quoted(email)}`;
    const { members } = await get<{ members: GhostMember[] }>('members', { filter, limit: '1' });
    return members[0]?.id;
  }

  return {
    async hasCounted(event, since) {
      try {
        const isInvoice = event.type.startsWith('invoice.');
        // Ghost finds the member of a donation by the customer alone; of others the API shows nothing.
        if (!isInvoice && customerOf(event) === undefined) return 'unknown';
        const member = await memberIdFor(event);
        if (member === undefined) return isInvoice ? 'no' : 'unknown';
        const { type, amount, currency } = paymentIn(event);
        const { events } = await get<{ events: PaymentEvent[] }>('members/events', {
          filter: `type:${type}+data.member_id:${quoted(member)}`,
          limit: String(PAGE),
        });
        const from = since.getTime() - CLOCKS_APART_MS;
        const found = events.some(
          ({ data }) =>
            Date.parse(data.created_at) >= from &&
            data.amount === amount &&
            data.currency === currency,
        );
        return found ? 'yes' : 'no';
      } catch {
        return 'unknown';
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

/** A token for five minutes: https://docs.ghost.org/admin-api/#token-authentication */
function tokenFor(key: string): string {
  const [id = '', secret = ''] = key.split(':');
  const now = Math.floor(Date.now() / 1000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const head = encode({ alg: 'HS256', typ: 'JWT', kid: id });
  const signed = `${head}.${encode({ iat: now, exp: now + 300, aud: '/admin/' })}`;
  const mac = createHmac('sha256', Buffer.from(secret, 'hex')).update(signed).digest('base64url');
  return `${signed}.${mac}`;
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
