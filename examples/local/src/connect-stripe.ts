import type { Site } from './site.ts';
import { until } from './until.ts';

/** Gives Ghost the keys of the stand-in's account, as its owner does in the settings. */
export async function connectStripe({ admin, sandbox: { stripe } }: Site): Promise<void> {
  const settings = await admin.settings.read();
  if (settings['stripe_publishable_key'] === stripe.publishableKey) return;
  await admin.settings.edit({
    stripe_secret_key: stripe.secretKey,
    stripe_publishable_key: stripe.publishableKey,
  });
  // Ghost takes the keys up a moment after it has stored them, and then sets its portal up at Stripe.
  await until(
    'Ghost to set its portal up at Stripe',
    () => stripe.requests.list(/billing_portal/)[0],
  );
}
