import * as z from 'zod';
import type { Books } from './books.ts';
import { buildCoupon, buildPrice, buildProduct } from './catalog.ts';
import { flag, metadata, optionalText, readParams, whole } from './params.ts';
import { StripeRefusal } from './refusal.ts';
import { getter, idOf, lister, type Routes } from './routes.ts';

const newProduct = z.object({
  name: z.string().min(1),
  description: optionalText,
  metadata: metadata.default({}),
});

const productChanges = z.object({
  name: optionalText,
  active: flag.optional(),
  metadata: metadata.optional(),
});

const newPrice = z.object({
  currency: z.string().length(3).toLowerCase(),
  product: z.string(),
  unit_amount: whole.min(0).optional(),
  recurring: z
    .object({
      interval: z.enum(['day', 'week', 'month', 'year']),
      interval_count: whole.optional(),
    })
    .optional(),
  nickname: optionalText,
  active: flag.optional(),
  metadata: metadata.optional(),
  custom_unit_amount: z.object({ enabled: flag, preset: whole.optional() }).optional(),
});

const priceChanges = z.object({
  active: flag.optional(),
  nickname: optionalText,
  metadata: metadata.optional(),
});

const newCoupon = z
  .object({
    id: optionalText,
    duration: z.enum(['once', 'forever', 'repeating']).default('once'),
    percent_off: z.coerce.number().min(0).max(100).optional(),
    amount_off: whole.min(0).optional(),
    currency: optionalText,
    name: optionalText,
    duration_in_months: whole.optional(),
  })
  .refine(
    ({ percent_off, amount_off }) => (percent_off === undefined) !== (amount_off === undefined),
    { path: ['percent_off'], message: 'give exactly one of percent_off and amount_off' },
  );

/** Products, prices and coupons. */
export function catalogRoutes(books: Books): Routes {
  return {
    'POST /products': (request) => {
      const { description, ...params } = readParams(newProduct, request);
      const input = { ...params, ...(description !== undefined && { description }) };
      return books.put('product', buildProduct(books.identify('product'), input));
    },
    'GET /products': lister(books, 'product'),
    'GET /products/:id': getter(books, 'product'),
    'POST /products/:id': (request) => {
      const before = books.get('product', idOf(request));
      const changes = given(readParams(productChanges, request));
      return books.put('product', { ...before, ...changes, updated: books.seconds() });
    },
    'POST /prices': (request) => {
      const params = readParams(newPrice, request);
      books.get('product', params.product);
      if (params.unit_amount === undefined && params.custom_unit_amount === undefined) {
        throw new StripeRefusal(400, 'Missing required param: unit_amount.', {
          code: 'parameter_missing',
          param: 'unit_amount',
        });
      }
      return books.put('price', buildPrice(books.identify('price'), params));
    },
    'GET /prices': lister(books, 'price'),
    'GET /prices/:id': getter(books, 'price'),
    'POST /prices/:id': (request) => {
      const before = books.get('price', idOf(request));
      return books.put('price', { ...before, ...given(readParams(priceChanges, request)) });
    },
    'POST /coupons': (request) => {
      const { id, ...input } = readParams(newCoupon, request);
      const identity = books.identify('coupon');
      return books.put('coupon', buildCoupon({ ...identity, id: id ?? identity.id }, input));
    },
    'GET /coupons': lister(books, 'coupon'),
    'GET /coupons/:id': getter(books, 'coupon'),
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Only what a call named: the rest stays as it is. */
export function given<T extends object>(params: T): Given<T> {
  return Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
