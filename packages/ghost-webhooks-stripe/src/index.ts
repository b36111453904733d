export { StripeWebhookError, type StripeWebhookErrorCode } from './errors.ts';
export {
  type SignOptions,
  sign,
  type Verification,
  type VerifyOptions,
  type VerifyRefusal,
  verify,
} from './signature.ts';
