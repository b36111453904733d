export {
  type AdminClient,
  type AdminClientOptions,
  createAdminClient,
  type GhostMember,
  type GhostNewsletter,
  type GhostTier,
} from './admin/client.ts';
export type { Collection, GhostRecord } from './admin/collection.ts';
export type { Emails, GhostEmail, GhostEmailBatch, GhostEmailFailure } from './admin/emails.ts';
export {
  gallery,
  heading,
  html,
  image,
  type LexicalBlock,
  type LexicalGallery,
  type LexicalImage,
  lexicalDocument,
  paragraph,
} from './admin/lexical.ts';
export { DEFAULT_OWNER, type SiteOwner } from './admin/owner.ts';
export type { GhostPost, Posts, PublishOptions } from './admin/posts.ts';
export {
  AdminApiError,
  type AdminQuery,
  type AdminRequest,
  type AdminRequestOptions,
  type AdminTarget,
  type GhostApiError,
} from './admin/request.ts';
export type { Settings } from './admin/settings.ts';
export type { GhostTheme, Themes } from './admin/themes.ts';
export type { Upload, UploadSource, Uploads } from './admin/uploads.ts';
export {
  type BootGhostOptions,
  bootGhost,
  type RestartGhostOptions,
  type RunningGhost,
} from './boot/boot.ts';
export type { EmailAnalyticsKind } from './boot/email-analytics.ts';
export type { GhostExit } from './boot/ghost-exit.ts';
export { CHROMIUM_FLAGS, chromiumPath } from './chromium.ts';
export type { SqlReader, SqlValue } from './database/sql.ts';
export { GhostLocalError, type GhostLocalErrorCode } from './errors.ts';
export {
  GHOST_VERSION,
  type GhostInstall,
  type InstallGhostOptions,
  installGhost,
} from './install/install.ts';
export { askForCheckout, type CheckoutOptions } from './portal/checkout.ts';
export { type GhostConfig, type GhostMode, mergeConfig } from './site/config.ts';
