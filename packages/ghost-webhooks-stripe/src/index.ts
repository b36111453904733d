export { StripeWebhookError, type StripeWebhookErrorCode } from './errors.ts';
export { type Change, type ChangeType, changesIn } from './webhook/change.ts';
export type { StripeEvent } from './webhook/event.ts';
export {
  defineHandlers,
  type EventHandlers,
  type HandlerContext,
  type HandlerName,
} from './webhook/handlers.ts';
export {
  GHOST_API_VERSION,
  isLegacy,
  type LegacyCharge,
  type LegacyCheckoutSession,
  type LegacyDiscount,
  type LegacyEvent,
  type LegacyInvoice,
  type LegacyObjects,
  type LegacyPrice,
  type LegacySubscription,
  type LegacyType,
  type SubscriptionStatus,
} from './webhook/legacy-event.ts';
export { type MrrInput, mrrOf } from './webhook/mrr.ts';
export {
  type SignOptions,
  sign,
  type Verification,
  type VerifyOptions,
  type VerifyRefusal,
  verify,
} from './webhook/signature.ts';
