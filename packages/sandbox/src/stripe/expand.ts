import type { Books, Kind } from './books.ts';

type Fields = Record<string, unknown>;

/** Which object a field's id names. */
const FIELDS: Readonly<Record<string, Kind>> = {
  customer: 'customer',
  default_payment_method: 'payment_method',
  payment_method: 'payment_method',
  subscription: 'subscription',
  latest_invoice: 'invoice',
  invoice: 'invoice',
  charge: 'charge',
  product: 'product',
  setup_intent: 'setup_intent',
};

/**
 * Puts whole objects where `expand[]` asks for them: `default_payment_method`,
 * `subscriptions.data.default_payment_method`. https://docs.stripe.com/api/expanding_objects
 */
export function expand(books: Books, object: object, paths: readonly string[]): object {
  let expanded: unknown = object;
  for (const path of paths) expanded = expandPath(books, expanded, path.split('.'));
  return expanded as object;
}

function expandPath(books: Books, value: unknown, [field, ...rest]: string[]): unknown {
  if (field === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => expandPath(books, item, [field, ...rest]));
  const fields = value as Fields;
  return { ...fields, [field]: expandPath(books, expandField(books, fields, field), rest) };
}

function expandField(books: Books, object: Fields, field: string): unknown {
  const value = object[field];
  // Since 2020-08-27 a customer comes without its subscriptions unless they are asked for.
  if (field === 'subscriptions' && value === undefined && object['object'] === 'customer') {
    return subscriptionsOf(books, String(object['id']));
  }
  const kind = FIELDS[field];
  if (kind === undefined || typeof value !== 'string') return value;
  return books.find(kind, value) ?? value;
}

function subscriptionsOf(books: Books, customer: string): object {
  const data = books
    .list('subscription')
    .filter((one) => one.customer === customer && one.status !== 'canceled');
  const url = `/v1/customers/${customer}/subscriptions`;
  return { object: 'list', data, has_more: false, total_count: data.length, url };
}
