import type { IncomingMessage, ServerResponse } from 'node:http';
import { type RawBodyError, readRawBody } from '@prosora/service';
import { createReceiver, type ReceiverOptions, type Refusal, RefusedRequest } from './receive.ts';

export type { StripeEvent } from './event.ts';
export type { EventHandlers, HandlerContext } from './handlers.ts';
export type { ReceivedEvent, ReceiverOptions, Refusal } from './receive.ts';

/** How {@link createStripeWebhook} is set up. */
export interface StripeWebhookOptions extends ReceiverOptions {
  /** A larger body is answered 413. (Default: 1,048,576) */
  maxBodyBytes?: number;
  /** A body that takes longer is answered 408. (Default: 10,000 ms) */
  bodyTimeoutMs?: number;
  /** Who sent a request. (Default: the other end of its socket; behind a proxy that is the proxy) */
  remoteAddressOf?: (request: IncomingMessage) => string | undefined;
}

/** A request as Express and `node:http` hand it over, with what a platform or a parser left on it. */
type WebhookIncoming = IncomingMessage & { rawBody?: unknown; body?: unknown };

/**
 * A request handler that takes Stripe's webhooks, for Express 4 and 5, Connect and `node:http`. Mount
 * it before any body parser.
 *
 * @example
 * app.use('/stripe', createStripeWebhook({
 *   secrets: [process.env.STRIPE_WEBHOOK_SECRET],
 *   record: async ({ event }) => { await db.insertOnce(event.id, event); },
 * }));
 *
 * @throws StripeWebhookError `SECRETS_INVALID`
 */
export function createStripeWebhook(
  options: StripeWebhookOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { maxBodyBytes = 1_048_576, bodyTimeoutMs: timeoutMs = 10_000 } = options;
  const { remoteAddressOf = ({ socket }) => socket.remoteAddress } = options;
  const receive = createReceiver(options);

  return async (request, response) => {
    const signature = request.headers['stripe-signature'];
    const answer = await receive({
      method: request.method ?? '',
      contentType: request.headers['content-type'],
      // Node joins a repeated header of this name, so it is never a list.
      signature: typeof signature === 'string' ? signature : undefined,
      remoteAddress: remoteAddressOf(request),
      readBody: () => readBody(request, { maxBodyBytes, timeoutMs }),
    });
    // What is left of a refused body must not be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
}

const REFUSALS: Record<string, Refusal> = {
  BODY_ENCODED: 'body_encoded',
  BODY_TOO_LARGE: 'body_too_large',
  BODY_TIMEOUT: 'body_timeout',
  BODY_ABORTED: 'body_aborted',
  BODY_CONSUMED: 'body_consumed',
};

async function readBody(
  request: WebhookIncoming,
  limits: { maxBodyBytes: number; timeoutMs: number },
): Promise<Uint8Array> {
  // Some platforms keep the bytes beside what they parsed, and express.raw() leaves them in `body`.
  for (const kept of [request.rawBody, request.body]) if (kept instanceof Uint8Array) return kept;
  try {
    return await readRawBody(request, limits);
  } catch (error) {
    const { code, message } = error as RawBodyError;
    const refusal = REFUSALS[code];
    if (refusal === undefined) throw error;
    throw new RefusedRequest(refusal, message);
  }
}
