export { type Change, type ChangeType, changesIn } from './change.ts';
export { StripeWebhookError, type StripeWebhookErrorCode } from './errors.ts';
export type { StripeEvent } from './event.ts';
export {
  defineHandlers,
  type EventHandlers,
  type HandlerContext,
  type HandlerName,
} from './handlers.ts';
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
} from './legacy-event.ts';
export { type MrrInput, mrrOf } from './mrr.ts';
export {
  type SignOptions,
  sign,
  type Verification,
  type VerifyOptions,
  type VerifyRefusal,
  verify,
} from './signature.ts';
