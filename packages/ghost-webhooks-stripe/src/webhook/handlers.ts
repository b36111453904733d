import { type Change, type ChangeType, changesIn } from './change.ts';
import type { StripeEvent } from './event.ts';
import { GHOST_API_VERSION, type LegacyEvent, type LegacyType } from './legacy-event.ts';

/** What a handler is told besides what happened. */
export interface HandlerContext {
  /** Stripe's id of the event. A handler may get the same one twice, so make its effect idempotent by this. */
  eventId: string;
  /** 1 for the first try. */
  attempt: number;
  /** Aborts when the process stops, and when the call has taken a minute: then it is tried again. */
  signal: AbortSignal;
}

/**
 * Functions by what they are for: a type of Stripe's events, in the shape of 2020-08-27, or something
 * that happened to a member, derived from them.
 */
export type EventHandlers = {
  [T in LegacyType]?: (event: LegacyEvent<T>, context: HandlerContext) => unknown;
} & {
  [T in ChangeType]?: (change: Change<T>, context: HandlerContext) => unknown;
};

/** The name of a handler. */
export type HandlerName = keyof EventHandlers;

const NAMES: Record<HandlerName, true> = {
  'checkout.session.completed': true,
  'checkout.session.async_payment_succeeded': true,
  'checkout.session.async_payment_failed': true,
  'customer.subscription.created': true,
  'customer.subscription.updated': true,
  'customer.subscription.deleted': true,
  'customer.subscription.trial_will_end': true,
  'invoice.payment_succeeded': true,
  'invoice.payment_failed': true,
  'charge.refunded': true,
  'subscription.started': true,
  'subscription.upgraded': true,
  'subscription.downgraded': true,
  'subscription.cancel_scheduled': true,
  'subscription.resumed': true,
  'subscription.past_due': true,
  'subscription.recovered': true,
  'subscription.ended': true,
  'payment.succeeded': true,
  'payment.failed': true,
  'payment.refunded': true,
  donation: true,
  gift: true,
};

/** Whether something can be handled under this name. */
export function isHandlerName(name: string): name is HandlerName {
  return Object.hasOwn(NAMES, name);
}

/** Gives handlers their types; it returns what it got. */
export function defineHandlers(handlers: EventHandlers): EventHandlers {
  return handlers;
}

/** The handlers that an event is for. An event of another API version is for none. */
export function handlersFor(handlers: EventHandlers, event: StripeEvent): HandlerName[] {
  if (event.api_version !== GHOST_API_VERSION) return [];
  const names = [event.type, ...changesIn(event).map(({ type }) => type)];
  return names.filter(isHandlerName).filter((name) => handlers[name] !== undefined);
}

/** Calls one handler with what an event means to it. It resolves when the handler does. */
export async function callHandler(
  handlers: EventHandlers,
  name: HandlerName,
  event: StripeEvent,
  context: HandlerContext,
): Promise<void> {
  const subject = event.type === name ? event : changesIn(event).find(({ type }) => type === name);
  // The name decides which of the two types the handler takes, so one signature stands for all.
  const handler = handlers[name] as
    | ((subject: unknown, context: HandlerContext) => unknown)
    | undefined;
  if (subject !== undefined) await handler?.(subject, context);
}
