import type { Coupon, Identity, Metadata, Price } from './catalog.ts';
import { ADDRESS } from './customer.ts';

/** https://docs.stripe.com/api/checkout/sessions/object as of 2020-08-27. */
export type CheckoutSession = ReturnType<typeof buildCheckoutSession>;

/** What a checkout is for and its session does not show; it has the session's id. */
export interface CheckoutOrder {
  id: string;
  price: Price | undefined;
  coupon: Coupon | undefined;
  trialDays: number | undefined;
  /** For the subscription. */
  metadata: Metadata;
  /** True when the payer chooses the amount, as of a donation. */
  isAmountFree: boolean;
}

/** What the page asks for besides the card. */
export interface CustomField {
  key: string;
  label: { custom: string; type: 'custom' };
  optional: boolean;
  text: { maximum_length: null; minimum_length: null; value: string | null };
  type: 'text';
}

const DAY_SECONDS = 86_400;

export function buildCheckoutSession(
  { id, created }: Identity,
  input: {
    mode: 'subscription' | 'payment' | 'setup';
    url: string;
    success_url: string;
    cancel_url: string | null;
    amount: number | null;
    currency: string | null;
    customer: string | null;
    customer_email: string | null;
    metadata: Metadata;
    customFields: CustomField[];
    setupIntent: string | null;
  },
) {
  const { mode, amount } = input;
  return {
    id,
    object: 'checkout.session' as const,
    after_expiration: null,
    allow_promotion_codes: null,
    amount_subtotal: amount,
    amount_total: amount,
    automatic_tax: { enabled: false, liability: null, status: null },
    billing_address_collection: null,
    cancel_url: input.cancel_url,
    client_reference_id: null,
    consent: null,
    consent_collection: null,
    created,
    currency: input.currency,
    custom_fields: input.customFields,
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: input.customer,
    customer_creation: mode === 'subscription' ? ('always' as const) : ('if_required' as const),
    customer_details: null as CustomerDetails | null,
    customer_email: input.customer_email,
    discounts: [] as object[],
    expires_at: created + DAY_SECONDS,
    invoice: null as string | null,
    invoice_creation: null,
    livemode: false,
    locale: null,
    metadata: input.metadata,
    mode,
    payment_intent: null as string | null,
    payment_link: null,
    payment_method_collection: 'always' as const,
    payment_method_types: ['card'],
    payment_status: (mode === 'setup' ? 'no_payment_required' : 'unpaid') as
      | 'paid'
      | 'unpaid'
      | 'no_payment_required',
    phone_number_collection: { enabled: false },
    setup_intent: input.setupIntent,
    status: 'open' as 'open' | 'complete' | 'expired',
    submit_type: null,
    subscription: null as string | null,
    success_url: input.success_url,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted' as const,
    url: input.url as string | null,
  };
}

/** Who paid. */
type CustomerDetails = ReturnType<typeof buildCustomerDetails>;

export function buildCustomerDetails(email: string | null, name: string | null) {
  return {
    address: ADDRESS,
    email,
    name,
    phone: null,
    tax_exempt: 'none' as const,
    tax_ids: [] as object[],
  };
}
