import type { Identity } from './catalog.ts';

/** https://docs.stripe.com/api/customer_portal/configurations/object */
export type PortalConfiguration = ReturnType<typeof buildPortalConfiguration>;

/** https://docs.stripe.com/api/customer_portal/sessions/object */
export type PortalSession = ReturnType<typeof buildPortalSession>;

export function buildPortalConfiguration(
  { id, created }: Identity,
  input: {
    business_profile?: object | undefined;
    features?: object | undefined;
    default_return_url?: string | null | undefined;
  },
) {
  return {
    id,
    object: 'billing_portal.configuration' as const,
    active: true,
    application: null,
    business_profile: input.business_profile ?? {},
    created,
    default_return_url: input.default_return_url ?? null,
    features: input.features ?? {},
    is_default: false,
    livemode: false,
    metadata: {},
    updated: created,
  };
}

export function buildPortalSession(
  { id, created }: Identity,
  input: { customer: string; configuration: string | null; return_url: string | null; url: string },
) {
  return {
    id,
    object: 'billing_portal.session' as const,
    configuration: input.configuration,
    created,
    customer: input.customer,
    flow: null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: input.return_url,
    url: input.url,
  };
}
