import { discounted, type Identity, type Metadata, planOf } from './catalog.ts';
import { ADDRESS, type Customer } from './customer.ts';
import type { Subscription } from './subscription.ts';

/** https://docs.stripe.com/api/invoices/object as of 2020-08-27: `subscription`, `charge` and `paid` at the top. */
export type Invoice = ReturnType<typeof buildInvoice>;

/** https://docs.stripe.com/api/charges/object */
export type Charge = ReturnType<typeof buildCharge>;

/** Why an invoice was made. */
export type BillingReason = 'subscription_create' | 'subscription_cycle' | 'subscription_update';

export function buildInvoice(
  { id, created }: Identity,
  input: {
    lineId: string;
    customer: Customer;
    subscription: Subscription;
    reason: BillingReason;
    paid: boolean;
    charge: string | null;
    paymentIntent: string | null;
  },
) {
  const { customer, subscription, reason, paid } = input;
  const item = subscription.items.data[0];
  const price = item?.price;
  const inTrial = subscription.trial_end !== null && subscription.trial_end > created;
  const full = inTrial ? 0 : (price?.unit_amount ?? 0);
  const amount = discounted(full, subscription.discount?.coupon);
  return {
    id,
    object: 'invoice' as const,
    account_country: 'US',
    account_name: 'Prosora sandbox',
    amount_due: amount,
    amount_paid: paid ? amount : 0,
    amount_remaining: paid ? 0 : amount,
    attempt_count: 1,
    attempted: true,
    auto_advance: !paid,
    billing_reason: reason,
    charge: input.charge,
    collection_method: 'charge_automatically' as const,
    created,
    currency: subscription.currency,
    customer: customer.id,
    customer_email: customer.email,
    customer_name: customer.name,
    default_payment_method: null,
    discount: subscription.discount,
    discounts: [],
    due_date: null,
    ending_balance: 0,
    hosted_invoice_url: null,
    invoice_pdf: null,
    lines: {
      object: 'list' as const,
      data: [
        {
          id: input.lineId,
          object: 'line_item' as const,
          amount: full,
          currency: subscription.currency,
          description: price?.nickname ?? null,
          discountable: true,
          invoice_item: null,
          livemode: false,
          metadata: {} as Metadata,
          period: {
            start: subscription.current_period_start,
            end: subscription.current_period_end,
          },
          plan: price ? planOf(price) : null,
          price: price ?? null,
          proration: false,
          quantity: 1,
          subscription: subscription.id,
          subscription_item: item?.id ?? null,
          type: 'subscription' as const,
        },
      ],
      has_more: false,
      total_count: 1,
      url: `/v1/invoices/${id}/lines`,
    },
    livemode: false,
    metadata: {} as Metadata,
    next_payment_attempt: paid ? null : created + 3 * 86_400,
    number: `SANDBOX-${id.slice(-8).toUpperCase()}`,
    paid,
    payment_intent: input.paymentIntent,
    period_end: created,
    period_start: created,
    status: paid ? ('paid' as const) : ('open' as const),
    status_transitions: {
      finalized_at: created,
      marked_uncollectible_at: null,
      paid_at: paid ? created : null,
      voided_at: null,
    },
    subscription: subscription.id,
    subtotal: full,
    tax: null,
    total: amount,
  };
}

export function buildCharge(
  { id, created }: Identity,
  input: {
    amount: number;
    currency: string;
    customer: string | null;
    email: string | null;
    invoice: string | null;
    paymentIntent: string;
    paymentMethod: string | null;
  },
) {
  const { amount, currency } = input;
  return {
    id,
    object: 'charge' as const,
    amount,
    amount_captured: amount,
    amount_refunded: 0,
    balance_transaction: null,
    billing_details: { address: ADDRESS, email: input.email, name: null, phone: null },
    captured: true,
    created,
    currency,
    customer: input.customer,
    description: null,
    disputed: false,
    failure_code: null,
    failure_message: null,
    invoice: input.invoice,
    livemode: false,
    metadata: {} as Metadata,
    paid: true,
    payment_intent: input.paymentIntent,
    payment_method: input.paymentMethod,
    receipt_email: null,
    refunded: false,
    refunds: {
      object: 'list' as const,
      data: [] as object[],
      has_more: false,
      total_count: 0,
      url: `/v1/charges/${id}/refunds`,
    },
    status: 'succeeded' as const,
  };
}
