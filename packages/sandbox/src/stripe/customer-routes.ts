import * as z from 'zod';
import { given } from './catalog-routes.ts';
import { buildCustomer } from './customer.ts';
import { pageOf } from './list.ts';
import { metadata, optionalText, readParams } from './params.ts';
import type { Account } from './payments.ts';
import { notImplemented } from './refusal.ts';
import { getter, idOf, lister, type Routes } from './routes.ts';

const customerParams = z.object({
  email: optionalText,
  name: optionalText,
  metadata: metadata.optional(),
  invoice_settings: z.object({ default_payment_method: z.string() }).optional(),
});

const searchParams = z.object({ query: z.string() });
const filterParams = z.object({ email: optionalText });
const attachParams = z.object({ customer: z.string() });

/** Customers, their payment methods and what set those up. */
export function customerRoutes({ books, webhooks }: Account): Routes {
  return {
    'POST /customers': (request) => {
      const params = given(readParams(customerParams, request));
      const customer = buildCustomer(books.identify('customer'), params);
      webhooks.emit('customer.created', books.put('customer', customer));
      return customer;
    },
    'GET /customers': lister(books, 'customer', (request) => {
      const { email } = readParams(filterParams, request);
      return (customer) => email === undefined || customer.email === email;
    }),
    'GET /customers/search': (request) => {
      const { query } = readParams(searchParams, request);
      // The one query that Ghost asks.
      const email = /^email:\s*"(.*)"$/.exec(query)?.[1];
      if (email === undefined) throw notImplemented(`the search ${query}`);
      const found = books.list('customer').filter((customer) => customer.email === email);
      return { ...pageOf(request, found), object: 'search_result', next_page: null };
    },
    'GET /customers/:id': getter(books, 'customer'),
    'POST /customers/:id': (request) => {
      const before = books.get('customer', idOf(request));
      const { invoice_settings: settings, ...changes } = given(readParams(customerParams, request));
      const after = {
        ...before,
        ...changes,
        invoice_settings: { ...before.invoice_settings, ...settings },
      };
      webhooks.emit('customer.updated', books.put('customer', after));
      return after;
    },
    'DELETE /customers/:id': (request) => {
      const customer = books.get('customer', idOf(request));
      books.delete('customer', customer.id);
      webhooks.emit('customer.deleted', customer);
      return { id: customer.id, object: 'customer', deleted: true };
    },
    'GET /payment_methods/:id': getter(books, 'payment_method'),
    'POST /payment_methods/:id/attach': (request) => {
      const { customer } = readParams(attachParams, request);
      books.get('customer', customer);
      const method = { ...books.get('payment_method', idOf(request)), customer };
      webhooks.emit('payment_method.attached', books.put('payment_method', method));
      return method;
    },
    'GET /setup_intents/:id': getter(books, 'setup_intent'),
  };
}
