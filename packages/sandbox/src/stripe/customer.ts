import type { Identity, Metadata } from './catalog.ts';

/** https://docs.stripe.com/api/customers/object as of 2020-08-27: without `subscriptions` unless expanded. */
export type Customer = ReturnType<typeof buildCustomer>;

/** https://docs.stripe.com/api/payment_methods/object */
export type PaymentMethod = ReturnType<typeof buildPaymentMethod>;

/** https://docs.stripe.com/api/setup_intents/object */
export type SetupIntent = ReturnType<typeof buildSetupIntent>;

export function buildCustomer(
  { id, created }: Identity,
  { email, name, metadata }: { email?: string; name?: string; metadata?: Metadata },
) {
  return {
    id,
    object: 'customer' as const,
    address: null,
    balance: 0,
    created,
    currency: null as string | null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: email ?? null,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null as string | null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: metadata ?? {},
    name: name ?? null,
    phone: null,
    preferred_locales: ['en-US'],
    shipping: null,
    tax_exempt: 'none' as const,
  };
}

/** The card that everybody pays with here: Stripe's own test card. */
export function buildPaymentMethod(
  { id, created }: Identity,
  { customer, email, name }: { customer: string | null; email: string | null; name: string | null },
) {
  return {
    id,
    object: 'payment_method' as const,
    billing_details: { address: ADDRESS, email, name, phone: null },
    card: {
      brand: 'visa',
      checks: { cvc_check: 'pass' },
      country: 'US',
      exp_month: 1,
      exp_year: 2031,
      fingerprint: 'SandboxCard4242',
      funding: 'credit',
      last4: '4242',
    },
    created,
    customer,
    livemode: false,
    metadata: {} as Metadata,
    type: 'card' as const,
  };
}

export function buildSetupIntent(
  { id, created }: Identity,
  { paymentMethod, metadata }: { paymentMethod: string | null; metadata: Metadata },
) {
  return {
    id,
    object: 'setup_intent' as const,
    created,
    customer: null,
    livemode: false,
    metadata,
    payment_method: paymentMethod,
    status: paymentMethod === null ? 'requires_payment_method' : 'succeeded',
    usage: 'off_session' as const,
  };
}

/** The address that a paid page leaves behind. */
export const ADDRESS = {
  city: null,
  country: 'US',
  line1: null,
  line2: null,
  postal_code: '94107',
  state: null,
};
