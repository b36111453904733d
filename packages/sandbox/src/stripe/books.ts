import type { Random } from '../stand-in/random.ts';
import type { Collection, State } from '../stand-in/state.ts';
import type { Coupon, Identity, Price, Product } from './catalog.ts';
import type { CheckoutOrder, CheckoutSession } from './checkout-session.ts';
import type { Customer, PaymentMethod, SetupIntent } from './customer.ts';
import type { StripeEvent, WebhookEndpoint } from './event.ts';
import type { Charge, Invoice } from './invoice.ts';
import type { PortalConfiguration, PortalSession } from './portal.ts';
import { missing } from './refusal.ts';
import type { Subscription } from './subscription.ts';

/** What the account holds, by the name of its kind. */
export interface Objects {
  customer: Customer;
  product: Product;
  price: Price;
  coupon: Coupon;
  subscription: Subscription;
  invoice: Invoice;
  charge: Charge;
  payment_method: PaymentMethod;
  setup_intent: SetupIntent;
  'checkout.session': CheckoutSession;
  'checkout.order': CheckoutOrder;
  event: StripeEvent;
  webhook_endpoint: WebhookEndpoint;
  'billing_portal.configuration': PortalConfiguration;
  'billing_portal.session': PortalSession;
}

/** A kind of object. */
export type Kind = keyof Objects;

/** How Stripe begins the ids of each kind. */
const PREFIXES: Record<Kind, string> = {
  customer: 'cus',
  product: 'prod',
  price: 'price',
  coupon: 'coupon',
  subscription: 'sub',
  invoice: 'in',
  charge: 'ch',
  payment_method: 'pm',
  setup_intent: 'seti',
  'checkout.session': 'cs_test',
  'checkout.order': 'cs_test',
  event: 'evt',
  webhook_endpoint: 'we',
  'billing_portal.configuration': 'bpc',
  'billing_portal.session': 'bps',
};

/** The objects of the account; what `put` returned from is on disk. */
export interface Books {
  find<K extends Kind>(kind: K, id: string): Objects[K] | undefined;
  /** @throws StripeRefusal `resource_missing` */
  get<K extends Kind>(kind: K, id: string): Objects[K];
  put<K extends Kind>(kind: K, object: Objects[K]): Objects[K];
  delete(kind: Kind, id: string): void;
  /** Newest first, as Stripe lists. */
  list<K extends Kind>(kind: K): Objects[K][];
  /** An id for a new object and the time. */
  identify(kind: Kind): Identity;
  /** An id of any prefix. */
  newId(prefix: string): string;
  /** Seconds since 1970. */
  seconds(): number;
  clear(): void;
}

/** Opens the account's objects in the sandbox's state. */
export function openBooks({
  state,
  random,
  now,
}: {
  state: State;
  random: Random;
  now: () => number;
}): Books {
  type Shelf<K extends Kind> = Collection<{ at: number; object: Objects[K] }>;
  const shelves = new Map<Kind, Shelf<Kind>>(
    (Object.keys(PREFIXES) as Kind[]).map((kind) => [kind, state.collection(`stripe/${kind}`)]),
  );
  // A shelf holds only what `put` was given for its kind.
  const shelf = <K extends Kind>(kind: K) => shelves.get(kind) as unknown as Shelf<K>;
  let lastAt = 0;
  // Several objects are made in one second, and a list has to keep their order.
  const nextAt = () => {
    lastAt = Math.max(lastAt + 1, now() * 1000);
    return lastAt;
  };
  const newId = (prefix: string) => `${prefix}_${random.text(24)}`;
  const seconds = () => Math.floor(now() / 1000);
  const find = <K extends Kind>(kind: K, id: string) => shelf(kind).get(id)?.object;

  return {
    find,
    get(kind, id) {
      const object = find(kind, id);
      if (object === undefined) throw missing(kind, id);
      return object;
    },
    put(kind, object) {
      const at = shelf(kind).get(object.id)?.at ?? nextAt();
      shelf(kind).put(object.id, { at, object });
      return object;
    },
    delete: (kind, id) => void shelf(kind).delete(id),
    list: (kind) =>
      shelf(kind)
        .values()
        .sort((a, b) => b.at - a.at)
        .map(({ object }) => object),
    identify: (kind) => ({ id: newId(PREFIXES[kind]), created: seconds() }),
    newId,
    seconds,
    clear() {
      for (const one of shelves.values()) one.clear();
    },
  };
}
