import { StripeWebhookError } from '../errors.ts';
import { parseEvent, type StripeEvent } from './event.ts';
import { callHandler, type EventHandlers, handlersFor } from './handlers.ts';
import { secretIdOf } from './secret-id.ts';
import {
  assertSecrets,
  type Verification,
  type VerifyOptions,
  type VerifyRefusal,
  verify,
} from './signature.ts';

/** An event that Stripe signed. */
export interface ReceivedEvent {
  event: StripeEvent;
  /** The body as it came; its signature covers these bytes and no others. */
  body: Uint8Array;
  /** The `Stripe-Signature` header as it came. */
  signature: string;
  /** When Stripe signed it, in seconds since 1970. */
  timestamp: number;
  /** Names the secret that matched without giving it away. */
  secretId: string;
  /** Who sent it, as far as the server knows. */
  remoteAddress: string | null;
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
  inbox_full: 503,
  record_failed: 503,
} as const satisfies Record<VerifyRefusal, number> & Record<string, number>;

/** What a receiver needs to know of a request, whatever framework it came through. */
export interface WebhookRequest {
  method: string;
  contentType: string | undefined;
  /** The `Stripe-Signature` header. */
  signature: string | undefined;
  /** The sender's address. (Default: unknown) */
  remoteAddress?: string | undefined;
  /** Reads the raw bytes; called once and only when they are wanted. It may reject with a {@link RefusedRequest}. */
  readBody: () => Promise<Uint8Array>;
}

/** Thrown by `readBody` for a body that cannot be had, and by `record` for an event that cannot be kept now. */
export class RefusedRequest extends Error {
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
export interface ReceiverOptions extends Omit<VerifyOptions, 'secrets'> {
  /** The endpoint's signing secrets (`whsec_…`), or where to get those of the moment. */
  secrets: readonly string[] | (() => readonly string[]);
  /**
   * Milliseconds since 1970 by a clock that does not jump, tried when a signature is right and its time is not.
   * (Default: none is)
   */
  steadyNow?: () => number;
  /** Called when no secret matches; when it resolves to true there are others now and they are tried. */
  onNoMatch?: () => Promise<boolean>;
  /**
   * Gets each event whose signature is right. Stripe is told 200 when it resolves and never sends the
   * event again, so resolve once the event is safe; a rejection is answered 503 and Stripe retries. The
   * same event may come more than once.
   */
  record?: (received: ReceivedEvent) => Promise<void>;
  /**
   * Typed handlers, called one after the other after `record`; one that throws is answered 503, and
   * Stripe sends the event again. Stripe waits for them, so they have to be quick.
   */
  on?: EventHandlers;
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
 * @throws StripeWebhookError `SECRETS_INVALID`, `NO_RECEIVER` at once, not at the first event
 */
export function createReceiver(
  options: ReceiverOptions,
): (request: WebhookRequest) => Promise<WebhookAnswer> {
  const { record, on = {}, onRefusal = () => undefined, onNoMatch } = options;
  const { secrets } = options;
  const secretsNow = typeof secrets === 'function' ? secrets : () => secrets;
  assertSecrets(secretsNow());
  assertReceiver(options);
  const refuse = (refusal: Refusal, cause?: unknown): WebhookAnswer => {
    onRefusal(refusal, cause);
    return { status: REFUSALS[refusal], headers: headersOf(refusal), body: bodyOf(refusal, cause) };
  };

  const check = async (body: Uint8Array, header: string | undefined) => {
    const verified = verifyNow(body, header);
    const isUnknown = !verified.ok && verified.code === 'no_match';
    return isUnknown && (await onNoMatch?.()) ? verifyNow(body, header) : verified;
  };
  const verifyNow = (
    body: Uint8Array,
    header: string | undefined,
  ): Verification & { secretId?: string } => {
    const list = secretsNow();
    const { steadyNow } = options;
    let verified = verify(body, header, { ...options, secrets: list });
    if (!verified.ok && steadyNow !== undefined && verified.code.startsWith('timestamp_')) {
      verified = verify(body, header, { ...options, secrets: list, now: steadyNow });
    }
    if (!verified.ok) return verified;
    return { ...verified, secretId: secretIdOf(list[verified.secretIndex] ?? '') };
  };

  return async ({ method, contentType, signature, remoteAddress, readBody }) => {
    if (method !== 'POST') return refuse('method');
    if (!JSON_TYPE.test(contentType ?? '')) return refuse('content_type');
    try {
      const body = await readBody();
      const verified = await check(body, signature);
      if (!verified.ok) return refuse(verified.code);
      const event = parseEvent(body);
      if (event === undefined) return refuse('not_an_event');
      const { timestamp, secretId = '' } = verified;
      await record?.({
        event,
        body,
        signature: signature ?? '',
        timestamp,
        secretId,
        remoteAddress: remoteAddress ?? null,
      });
      await callAll(on, event);
      return RECEIVED;
    } catch (error) {
      return refuse(error instanceof RefusedRequest ? error.refusal : 'record_failed', error);
    }
  };
}

/** @throws StripeWebhookError `NO_RECEIVER` */
function assertReceiver({ record, on }: ReceiverOptions): void {
  if (record !== undefined || on !== undefined) return;
  throw new StripeWebhookError('NO_RECEIVER', 'Nothing is there to take the events.', {
    help: 'Give `record`, `on`, or both.',
  });
}

async function callAll(handlers: EventHandlers, event: StripeEvent): Promise<void> {
  const context = { eventId: event.id, attempt: 1, signal: new AbortController().signal };
  for (const name of handlersFor(handlers, event)) {
    await callHandler(handlers, name, event, context);
  }
}

const RECEIVED: WebhookAnswer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"received":true}',
};

function headersOf(refusal: Refusal): Record<string, string> {
  if (refusal === 'method') return { allow: 'POST' };
  if (REFUSALS[refusal] === 503) return { 'retry-after': RETRY_AFTER_SECONDS };
  return {};
}

/** A mistake in the receiver's own program is named; it says nothing of the secret. */
function bodyOf(refusal: Refusal, cause: unknown): string {
  return refusal === 'body_consumed' && cause instanceof Error ? cause.message : '';
}
