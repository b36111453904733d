import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import type { Job, Result } from '@prosora/durable';
import { StripeWebhookError } from '../errors.ts';
import { customerOf } from '../inbox/ghost-events.ts';
import type { Sink, StoredEvent } from '../inbox/inbox.ts';
import {
  callHandler,
  type EventHandlers,
  type HandlerName,
  handlersFor,
  isHandlerName,
} from '../webhook/handlers.ts';

const NO_PAYLOAD = new Uint8Array();

/** The queue of one handler. */
function queueOf(name: HandlerName): string {
  return `on ${name}`;
}

/** One sink a handler, so that each has its own retries and none waits for another. */
export function handlerSinks(handlers: EventHandlers): (Sink & { name: HandlerName })[] {
  const names = Object.keys(handlers).filter(isHandlerName);
  return names.map((name) => ({
    name,
    queue: queueOf(name),
    plan: (event) =>
      handlersFor(handlers, event).includes(name)
        ? [{ payload: NO_PAYLOAD, group: customerOf(event) }]
        : [],
  }));
}

/** A call that takes longer is given up: a promise that never settles would stop the sink for ever. */
const CALL_MS = 60_000;

/** Makes the worker's handler of one of them. What it throws is tried again, unless `retryable` is false on it. */
export function createHandlerCall(
  handlers: EventHandlers,
  name: HandlerName,
  findEvent: (id: string) => Promise<StoredEvent | undefined>,
  timeoutMs = CALL_MS,
): (job: Job, signal: AbortSignal) => Promise<Result> {
  return async (job, signal) => {
    const stored = await findEvent(job.id);
    if (stored === undefined) return { kind: 'dead', reason: 'the event is not in the inbox' };
    const timeout = AbortSignal.timeout(timeoutMs);
    const context = {
      eventId: job.id,
      attempt: job.attempt,
      signal: AbortSignal.any([signal, timeout]),
    };
    const late = once(timeout, 'abort').then(() => {
      throw new Error(`did not end within ${timeoutMs} ms`);
    });
    await Promise.race([callHandler(handlers, name, stored.event, context), late]);
    return { kind: 'done' };
  };
}

/**
 * Loads the module of handlers: its default export is what `defineHandlers` returns.
 *
 * @throws StripeWebhookError `HANDLERS`
 */
export async function loadHandlers(file: string): Promise<EventHandlers> {
  const refuse = (message: string, cause?: unknown) =>
    new StripeWebhookError('HANDLERS', `PROSORA_STRIPE_HANDLERS names ${file}: ${message}`, {
      help: 'Its default export has functions by the names of events, as defineHandlers takes them.',
      cause,
    });
  const module = await import(pathToFileURL(file).href).catch((cause: Error) => {
    throw refuse(cause.message, cause);
  });
  const handlers: unknown = module.default;
  if (typeof handlers !== 'object' || handlers === null) throw refuse('no default export.');
  const wrong = Object.entries(handlers).filter(
    ([name, handler]) => !isHandlerName(name) || typeof handler !== 'function',
  );
  if (wrong.length > 0) {
    throw refuse(`nothing is handled as ${wrong.map(([name]) => name).join(', ')}.`);
  }
  return handlers as EventHandlers;
}
