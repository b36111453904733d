import { ProsoraError, type ProsoraErrorDetails } from '@prosora/service/errors';

/**
 * `SECRETS_INVALID`: no signing secret, or one that is blank or has white space around it.
 * `PAYLOAD_NOT_RAW`: the body was parsed before it came here, so its signature cannot be checked.
 * `NODE_TOO_OLD`: the service needs Node 24; the library does not.
 * `DATA_DIR`: there is no inbox in the folder.
 */
export type StripeWebhookErrorCode =
  | 'SECRETS_INVALID'
  | 'PAYLOAD_NOT_RAW'
  | 'NODE_TOO_OLD'
  | 'DATA_DIR';

/** A mistake in how this package is used; a request that is refused is an answer, never an error. */
export class StripeWebhookError extends ProsoraError {
  declare readonly code: StripeWebhookErrorCode;

  constructor(code: StripeWebhookErrorCode, message: string, details?: ProsoraErrorDetails) {
    super(code, message, details);
  }
}
