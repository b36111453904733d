import type { Books } from './books.ts';
import type { PaymentMethod } from './customer.ts';
import { type BillingReason, buildCharge, buildInvoice, type Invoice } from './invoice.ts';
import type { Subscription } from './subscription.ts';
import type { Webhooks } from './webhooks.ts';

/** What changes the account: its objects, and who hears of it. */
export interface Account {
  books: Books;
  webhooks: Webhooks;
}

/** Makes the invoice of a subscription's present period and charges the card, or fails to. */
export function billSubscription(
  { books, webhooks }: Account,
  subscription: Subscription,
  { reason, paid }: { reason: BillingReason; paid: boolean },
): Invoice {
  const customer = books.get('customer', subscription.customer);
  const identity = books.identify('invoice');
  const paymentIntent = books.newId('pi');
  const charge = books.identify('charge');
  const invoice = buildInvoice(identity, {
    lineId: books.newId('il'),
    customer,
    subscription,
    reason,
    paid,
    charge: paid ? charge.id : null,
    paymentIntent,
  });
  books.put('invoice', invoice);
  if (paid && invoice.amount_paid > 0) {
    books.put(
      'charge',
      buildCharge(charge, {
        amount: invoice.amount_paid,
        currency: invoice.currency,
        customer: customer.id,
        email: customer.email,
        invoice: invoice.id,
        paymentIntent,
        paymentMethod: subscription.default_payment_method,
      }),
    );
  }
  webhooks.emit(paid ? 'invoice.payment_succeeded' : 'invoice.payment_failed', invoice);
  if (paid) webhooks.emit('invoice.paid', invoice);
  return invoice;
}

/** Gives a charge back in full and returns the refund. @throws StripeRefusal `resource_missing` */
export function refundCharge({ books, webhooks }: Account, chargeId: string): object {
  const before = books.get('charge', chargeId);
  const refund = {
    id: books.newId('re'),
    object: 'refund',
    amount: before.amount,
    charge: before.id,
    created: books.seconds(),
    currency: before.currency,
    payment_intent: before.payment_intent,
    reason: 'requested_by_customer',
    status: 'succeeded',
  };
  const refunds = { ...before.refunds, data: [refund], total_count: 1 };
  const after = { ...before, amount_refunded: before.amount, refunded: true, refunds };
  books.put('charge', after);
  const { amount_refunded, refunded } = before;
  webhooks.emit('charge.refunded', after, { amount_refunded, refunded });
  return refund;
}

/** The method that a customer pays with when a subscription names none. */
export function defaultMethodOf(books: Books, customerId: string): PaymentMethod | undefined {
  const { default_payment_method } = books.get('customer', customerId).invoice_settings;
  return default_payment_method === null
    ? undefined
    : books.find('payment_method', default_payment_method);
}
