import * as z from 'zod';

/** What an account may have, and how the stand-in sends webhooks. The defaults are Stripe's habits, as far as they are known. */
export const stripeSettings = z.strictObject({
  /** Webhook endpoints that an account may have: https://docs.stripe.com/webhooks#register-webhook */
  endpointLimit: z.int().nonnegative().default(16),
  /** Events are kept and not sent until this is off again. */
  webhooksPaused: z.boolean().default(false),
  /** Wait after the first failed attempt; it doubles with each further one. Stripe's schedule is hours long: shorten it. */
  webhookRetryMs: z.int().positive().default(60_000),
  /** Attempts after the first: with the wait above about three days, as in live mode. */
  webhookRetries: z.int().nonnegative().default(12),
  /** How long a receiver may take to answer. */
  webhookTimeoutMs: z.int().positive().default(20_000),
  /** Sends each event again after it was taken: Stripe says that this happens. */
  webhookDuplicates: z.boolean().default(false),
  /** Sends events after a random wait of up to this long, so that they come in any order. */
  webhookShuffleMs: z.int().nonnegative().default(0),
});

/** Changes to the settings. */
export type StripeSettingsInput = z.input<typeof stripeSettings>;

/** All settings. */
export type StripeSettings = z.output<typeof stripeSettings>;
