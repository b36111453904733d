import type { AdminClient } from '../admin/client.ts';

/** Who pays, and at which site. */
export interface CheckoutOptions {
  /** Finds the tier that costs something. */
  admin: AdminClient;
  /** The site's public URL, without a slash at its end. */
  url: string;
  email: string;
  /** (Default: the global one) */
  fetch?: typeof globalThis.fetch;
}

/**
 * Asks Ghost for a monthly subscription's checkout as Portal does. The body of a good answer has the `url` of
 * the page to pay at. Ghost refuses while it has not taken its Stripe keys up.
 */
export async function askForCheckout(options: CheckoutOptions): Promise<Response> {
  const { admin, url, email, fetch = globalThis.fetch } = options;
  const tier = (await admin.tiers.browse()).find(({ type }) => type === 'paid');
  return await fetch(`${url}/members/api/create-stripe-checkout-session/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      tierId: tier?.id,
      cadence: 'month',
      customerEmail: email,
      successUrl: `${url}/?stripe=success`,
      cancelUrl: `${url}/?stripe=cancel`,
    }),
  });
}
