import type { Site } from './site.ts';

/** What `.env` chooses for each part. Compose has read its share by files that are named for each choice. */
export interface Choices {
  /** `cloudinary`, `s3` or `local`. */
  media: string;
  /** `resend` or `mailgun`. */
  mailer: string;
  /** `engine`, `tinybird` or `off`. */
  analytics: string;
  /** Whether Stripe's events pass through the inbox. */
  hasInbox: boolean;
  /** Whether Cloudflare is told of changes. */
  hasPurge: boolean;
  /** Whether the service that cares for the stack runs. */
  hasOps: boolean;
  /** The ActivityPub server; empty without one. */
  social: string;
  /** The name that leads to the site's; empty without one. */
  otherName: string;
}

/** What the official stack uses: https://github.com/TryGhost/ghost-docker */
const GHOST_ORG = 'https://ap.ghost.org';

/**
 * Reads the choices from the environment. A server of the social web has to reach the site, so it has a default only
 * where the site is a public one.
 */
export function readChoices(
  env: Record<string, string | undefined>,
  { domain }: Pick<Site, 'domain'>,
  { isPublic }: { isPublic: boolean },
): Choices {
  const given = (name: string, standard: string) => env[name]?.trim() || standard;
  const social = given('SOCIAL', isPublic ? 'ghost.org' : 'off');
  const www = given('WWW', 'off');
  return {
    media: given('MEDIA', 'cloudinary'),
    mailer: given('MAILER', 'resend'),
    analytics: given('ANALYTICS', 'engine'),
    hasInbox: given('PAYMENTS', 'on') === 'on',
    hasPurge: given('CDN', 'none') === 'cloudflare',
    hasOps: given('OPS', 'on') === 'on',
    social: { 'ghost.org': GHOST_ORG, off: '' }[social] ?? social,
    otherName: www === 'on' ? domain.replace(/^(www\.)?/, (www) => (www ? '' : 'www.')) : '',
  };
}
