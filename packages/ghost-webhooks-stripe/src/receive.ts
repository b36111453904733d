import { parseEvent, type StripeEvent } from './event.ts';
import { assertSecrets, type VerifyOptions, type VerifyRefusal, verify } from './signature.ts';

/** An event that Stripe signed. */
export interface ReceivedEvent {
  event: StripeEvent;
  /** The body as it came; its signature covers these bytes and no others. */
  body: Uint8Array;
  /** The `Stripe-Signature` header as it came. */
  signature: string;
  /** When Stripe signed it, in seconds since 1970. */
  timestamp: number;
  /** Which of the secrets matched, counted from 0. */
  secretIndex: number;
}

/** Why a request is refused. */
export type Refusal = keyof typeof REFUSALS;

/** The answer to each refusal. Nothing but the status, so that a forger learns nothing from it. */
export const REFUSALS = {
  method: 405,
  content_type: 415,
  body_encoded: 415,
  body_too_large: 413,
  body_timeout: 408,
  body_aborted: 400,
  body_consumed: 500,
  no_payload: 400,
  no_header: 400,
  malformed: 400,
  no_scheme: 400,
  too_many: 400,
  no_match: 400,
  timestamp_old: 400,
  timestamp_future: 400,
  not_an_event: 400,
  record_failed: 503,
} as const satisfies Record<VerifyRefusal, number> & Record<string, number>;

/** What a receiver needs to know of a request, whatever framework it came through. */
export interface WebhookRequest {
  method: string;
  contentType: string | undefined;
  /** The `Stripe-Signature` header. */
  signature: string | undefined;
  /** Reads the raw bytes; called once and only when they are wanted. It may reject with a {@link RefusedBody}. */
  readBody: () => Promise<Uint8Array>;
}

/** Thrown by `readBody` for a body that cannot be had. */
export class RefusedBody extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

/** What to answer. */
export interface WebhookAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** How events are received. */
export interface ReceiverOptions extends VerifyOptions {
  /**
   * Gets each event whose signature is right. Stripe is told 200 when it resolves and never sends the
   * event again, so resolve once the event is safe; a rejection is answered 503 and Stripe retries. The
   * same event may come more than once.
   */
  record: (received: ReceivedEvent) => Promise<void>;
  /** Hears of each refusal, with the cause where something failed. */
  onRefusal?: (refusal: Refusal, cause?: unknown) => void;
}

/** Stripe sends `application/json; charset=utf-8`. */
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const RETRY_AFTER_SECONDS = '5';

/**
 * Makes the receiver that every framework's shell calls: guards, verify, parse, record, answer. It
 * refuses whatever it is not sure of and answers 200 for nothing that was not recorded.
 *
 * @throws StripeWebhookError `SECRETS_INVALID` at once, not at the first event
 */
export function createReceiver(
  options: ReceiverOptions,
): (request: WebhookRequest) => Promise<WebhookAnswer> {
  assertSecrets(options.secrets);
  const { record, onRefusal = () => undefined } = options;
  const refuse = (refusal: Refusal, cause?: unknown): WebhookAnswer => {
    onRefusal(refusal, cause);
    return { status: REFUSALS[refusal], headers: headersOf(refusal), body: bodyOf(refusal, cause) };
  };

  return async ({ method, contentType, signature, readBody }) => {
    if (method !== 'POST') return refuse('method');
    if (!JSON_TYPE.test(contentType ?? '')) return refuse('content_type');
    try {
      const body = await readBody();
      const verified = verify(body, signature, options);
      if (!verified.ok) return refuse(verified.code);
      const event = parseEvent(body);
      if (event === undefined) return refuse('not_an_event');
      const { timestamp, secretIndex } = verified;
      await record({ event, body, signature: signature ?? '', timestamp, secretIndex });
      return RECEIVED;
    } catch (error) {
      return refuse(error instanceof RefusedBody ? error.refusal : 'record_failed', error);
    }
  };
}

const RECEIVED: WebhookAnswer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"received":true}',
};

function headersOf(refusal: Refusal): Record<string, string> {
  if (refusal === 'method') return { allow: 'POST' };
  if (refusal === 'record_failed') return { 'retry-after': RETRY_AFTER_SECONDS };
  return {};
}

/** A mistake in the receiver's own program is named; it says nothing of the secret. */
function bodyOf(refusal: Refusal, cause: unknown): string {
  return refusal === 'body_consumed' && cause instanceof Error ? cause.message : '';
}
