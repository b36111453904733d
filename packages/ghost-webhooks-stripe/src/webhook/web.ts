import { createReceiver, type ReceiverOptions, RefusedRequest } from './receive.ts';

export type { StripeEvent } from './event.ts';
export type { EventHandlers, HandlerContext } from './handlers.ts';
export type { ReceivedEvent, ReceiverOptions, Refusal } from './receive.ts';

/** How {@link createStripeWebhook} is set up. */
export interface StripeWebhookOptions extends ReceiverOptions {
  /** A larger body is answered 413. (Default: 1,048,576) */
  maxBodyBytes?: number;
  /** A body that takes longer is answered 408. (Default: 10,000 ms) */
  bodyTimeoutMs?: number;
}

/**
 * A handler of Stripe's webhooks from a web-standard `Request` to a `Response`: for Hono, Next.js, Remix,
 * Deno, Bun and whatever else speaks fetch. Give it the request before anything has read its body.
 *
 * @throws StripeWebhookError `SECRETS_INVALID`, `NO_RECEIVER`
 */
export function createStripeWebhook(
  options: StripeWebhookOptions,
): (request: Request) => Promise<Response> {
  const { maxBodyBytes = 1_048_576, bodyTimeoutMs = 10_000 } = options;
  const receive = createReceiver(options);

  return async (request) => {
    const { status, headers, body } = await receive({
      method: request.method,
      contentType: request.headers.get('content-type') ?? undefined,
      signature: request.headers.get('stripe-signature') ?? undefined,
      readBody: () => readBody(request, { maxBodyBytes, bodyTimeoutMs }),
    });
    return new Response(body, { status, headers });
  };
}

async function readBody(
  request: Request,
  { maxBodyBytes, bodyTimeoutMs }: { maxBodyBytes: number; bodyTimeoutMs: number },
): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw new RefusedRequest('body_encoded', 'Send the body without Content-Encoding.');
  }
  const tooLarge = () =>
    new RefusedRequest('body_too_large', `The body is larger than ${maxBodyBytes} bytes.`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge();
  if (request.bodyUsed) {
    throw new RefusedRequest(
      'body_consumed',
      'The body was read before: call this handler ahead of request.json() and the like.',
    );
  }
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => undefined);
  }, bodyTimeoutMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) {
        throw new RefusedRequest('body_timeout', `The body took longer than ${bodyTimeoutMs} ms.`);
      }
      if (done) return Buffer.concat(chunks, size);
      size += value.length;
      if (size > maxBodyBytes) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    if (error instanceof RefusedRequest) throw error;
    throw new RefusedRequest('body_aborted', 'The sender closed the connection mid-body.');
  } finally {
    clearTimeout(late);
  }
}
