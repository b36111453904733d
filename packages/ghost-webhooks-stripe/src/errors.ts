import { ProsoraError, type ProsoraErrorDetails } from '@prosora/service/errors';

/**
 * `SECRETS_INVALID`: no signing secret, or one that is blank, short, has white space around it or no key in it.
 * `PAYLOAD_NOT_RAW`: the body was parsed before it came here, so its signature cannot be checked.
 * `NO_RECEIVER`: neither `record` nor `on` was given, so events would be acknowledged and lost.
 * `DATA_DIR`: there is no inbox in the folder.
 * `SEAL_KEY`: an event was sealed with another key than the one that is set.
 * `GHOST_DATABASE`: Ghost's database cannot be read, or holds no webhook secret.
 * `HANDLERS`: the module of handlers cannot be loaded or has a name that means nothing.
 * `STRIPE_KEY`: the verb needs a key of Stripe's API, or Stripe refuses the one that is set.
 * `PAGE_PASSWORD`: the page of the inbox would be open to a network.
 * `PUBLIC_URL`: the verb has to know where Stripe reaches the inbox.
 * `REFUSED`: what the verb would do now would lose events.
 */
export type StripeWebhookErrorCode =
  | 'SECRETS_INVALID'
  | 'PAYLOAD_NOT_RAW'
  | 'NO_RECEIVER'
  | 'DATA_DIR'
  | 'SEAL_KEY'
  | 'GHOST_DATABASE'
  | 'HANDLERS'
  | 'STRIPE_KEY'
  | 'PAGE_PASSWORD'
  | 'PUBLIC_URL'
  | 'REFUSED';

/** A mistake in how this package is used; a request that is refused is an answer, never an error. */
export class StripeWebhookError extends ProsoraError {
  declare readonly code: StripeWebhookErrorCode;

  constructor(code: StripeWebhookErrorCode, message: string, details?: ProsoraErrorDetails) {
    super(code, message, details);
  }
}
