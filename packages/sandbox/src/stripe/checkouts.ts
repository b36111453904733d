import * as z from 'zod';
import { type CheckoutParams, placeOrder } from './checkout-order.ts';
import { buildCustomerDetails, type CheckoutSession } from './checkout-session.ts';
import { buildCustomer, buildPaymentMethod, type Customer } from './customer.ts';
import { buildCharge } from './invoice.ts';
import { whole } from './params.ts';
import type { Account } from './payments.ts';
import { missing, StripeRefusal } from './refusal.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What a person fills in on the page; the amount, where it is free, in the currency's smallest unit. */
export const payer = z.object({
  email: z.string().optional(),
  name: z.string().optional(),
  amount: whole.optional(),
  fields: z.record(z.string(), z.string()).optional(),
});

/** What a person filled in. */
export type Payer = z.output<typeof payer>;

/** The checkouts of an account. Each method throws StripeRefusal for an unknown id. */
export interface Checkouts {
  create(params: CheckoutParams): CheckoutSession;
  get(id: string): CheckoutSession;
  list(): CheckoutSession[];
  /** The payer pays: everything that the checkout is for happens, and the events go out. */
  pay(id: string, payer?: Payer): CheckoutSession;
  /** Nobody can pay any more. */
  expire(id: string): CheckoutSession;
}

/** Creates the checkouts of an account; their pages are below `url`. */
export function createCheckouts(
  { books, webhooks }: Account,
  subscriptions: Subscriptions,
  url: string,
): Checkouts {
  const customerFor = (session: CheckoutSession, payer: Payer): Customer => {
    if (session.customer !== null) return books.get('customer', session.customer);
    const email = payer.email || session.customer_email;
    const customer = buildCustomer(books.identify('customer'), {
      ...(email && { email }),
      ...(payer.name && { name: payer.name }),
    });
    webhooks.emit('customer.created', books.put('customer', customer));
    return customer;
  };

  const newCard = (owner: { customer: string | null; email: string | null }): string => {
    const card = buildPaymentMethod(books.identify('payment_method'), { ...owner, name: null });
    return books.put('payment_method', card).id;
  };

  /** What a payment in each mode does, and what it changes on the session. */
  const settle = {
    subscription(session: CheckoutSession, payer: Payer): Partial<CheckoutSession> {
      const { price, coupon, trialDays, metadata } = books.get('checkout.order', session.id);
      if (price === undefined) throw missing('price', '');
      const { id, email } = customerFor(session, payer);
      const paymentMethod = newCard({ customer: id, email });
      const order = { customer: id, price, coupon, trialDays, metadata, paymentMethod };
      const subscription = subscriptions.create(order);
      return {
        customer: id,
        subscription: subscription.id,
        invoice: subscription.latest_invoice,
        payment_status: 'paid',
      };
    },
    payment(session: CheckoutSession, payer: Payer): Partial<CheckoutSession> {
      const { isAmountFree } = books.get('checkout.order', session.id);
      const amount = (isAmountFree ? payer.amount : undefined) ?? session.amount_total ?? 0;
      const paymentIntent = books.newId('pi');
      const charge = buildCharge(books.identify('charge'), {
        amount,
        currency: session.currency ?? 'usd',
        customer: session.customer,
        email: payer.email || session.customer_email,
        invoice: null,
        paymentIntent,
        paymentMethod: null,
      });
      webhooks.emit('charge.succeeded', books.put('charge', charge));
      return {
        amount_subtotal: amount,
        amount_total: amount,
        payment_intent: paymentIntent,
        payment_status: 'paid',
      };
    },
    setup(session: CheckoutSession): Partial<CheckoutSession> {
      const intent = books.get('setup_intent', session.setup_intent ?? '');
      const payment_method = newCard({ customer: null, email: session.customer_email });
      books.put('setup_intent', { ...intent, payment_method, status: 'succeeded' });
      return {};
    },
  };

  const getOpen = (id: string): CheckoutSession => {
    const session = books.get('checkout.session', id);
    if (session.status === 'open') return session;
    throw new StripeRefusal(400, `This checkout is ${session.status}.`);
  };

  return {
    create: (params) => placeOrder(books, params, url),
    get: (id) => books.get('checkout.session', id),
    list: () => books.list('checkout.session'),
    pay(id, payer = {}) {
      const session = getOpen(id);
      const changes = settle[session.mode](session, payer);
      const customerId = changes.customer ?? session.customer;
      const customer = customerId === null ? undefined : books.get('customer', customerId);
      const done: CheckoutSession = {
        ...session,
        ...changes,
        status: 'complete',
        url: null,
        custom_fields: session.custom_fields.map((field) => ({
          ...field,
          text: { ...field.text, value: payer.fields?.[field.key] || null },
        })),
        customer_details: buildCustomerDetails(
          customer?.email ?? (payer.email || session.customer_email),
          customer?.name ?? (payer.name || null),
        ),
      };
      webhooks.emit('checkout.session.completed', books.put('checkout.session', done));
      return done;
    },
    expire(id) {
      const expired = { ...getOpen(id), status: 'expired' as const, url: null };
      webhooks.emit('checkout.session.expired', books.put('checkout.session', expired));
      return expired;
    },
  };
}
