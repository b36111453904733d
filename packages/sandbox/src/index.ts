export type { CloudflareOptions, CloudflareStandIn } from './cloudflare/cloudflare.ts';
export type { CloudflareSettings, CloudflareSettingsInput } from './cloudflare/settings.ts';
export type { Cloudinary, CloudinaryOptions } from './cloudinary/cloudinary.ts';
export type { CloudinarySettings, CloudinarySettingsInput } from './cloudinary/settings.ts';
export {
  type ConnectOptions,
  connectSandbox,
  type RemoteSandbox,
  type RemoteStandIn,
} from './console/connect.ts';
export type { BounceDetails, Inbox } from './resend/inbox.ts';
export { createLimiter, type LimiterKind } from './resend/limiter.ts';
export type { LastEvent, MailSummary, StoredMail } from './resend/mail-store.ts';
export type { Resend, ResendOptions } from './resend/resend.ts';
export type { ResendSettings, ResendSettingsInput } from './resend/settings.ts';
export { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';
export type { Fault, FaultMatch, FaultRule, Faults } from './stand-in/faults.ts';
export type { LoggedRequest, RequestLog } from './stand-in/request-log.ts';
export type { Settings } from './stand-in/settings.ts';
export type { Payer } from './stripe/checkouts.ts';
export type { StripeSettings, StripeSettingsInput } from './stripe/settings.ts';
export type { StripeOptions, StripeStandIn } from './stripe/stripe.ts';
export type { Subscription as StripeSubscription } from './stripe/subscription.ts';
export type { WebhookAttempt } from './stripe/webhooks.ts';
export type { TinybirdSettings, TinybirdSettingsInput } from './tinybird/settings.ts';
export type { TinybirdOptions, TinybirdStandIn } from './tinybird/tinybird.ts';
