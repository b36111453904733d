import { ProsoraError } from '@prosora/service/errors';

/** The kinds of error that Stripe's API answers: https://docs.stripe.com/api/errors */
export type StripeErrorType = 'invalid_request_error' | 'card_error' | 'idempotency_error';

/** A request that Stripe would not serve, with what its API answers. */
export class StripeRefusal extends ProsoraError {
  readonly status: number;
  readonly body: {
    error: { type: StripeErrorType; message: string; code?: string; param?: string };
  };

  constructor(
    status: number,
    message: string,
    details: { type?: StripeErrorType; code?: string; param?: string } = {},
  ) {
    super('STRIPE_REFUSAL', message);
    this.status = status;
    this.body = { error: { type: 'invalid_request_error', message, ...details } };
  }
}

/** The answer for an object that is not there; Ghost looks for this code. */
export function missing(kind: string, id: string): StripeRefusal {
  return new StripeRefusal(404, `No such ${kind}: '${id}'`, {
    code: 'resource_missing',
    param: 'id',
  });
}

/** The answer to what the vendor can do and this stand-in cannot: it says so rather than pretend. */
export function notImplemented(what: string): StripeRefusal {
  return new StripeRefusal(400, `The sandbox does not implement ${what}`);
}
