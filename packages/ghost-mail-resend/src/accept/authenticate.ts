import { isSameSecret } from '@prosora/service';
import { Refusal } from '../errors.ts';

/** A Ghost that may send through the bridge. */
export interface Site {
  name: string;
  /** What it sends as its Mailgun key. */
  apiKey: string;
  /** Another that counts as well, while it changes. */
  otherKey?: string | undefined;
  /** The domains it may name. */
  domains: readonly string[];
  /** The domains that it sends from, where they are not those of `domains`: `senders.ts` has the rule. */
  senders?: readonly string[] | undefined;
}

/**
 * Finds who is calling by the Basic password (Mailgun's user is always `api`), before a byte of the body
 * is read.
 *
 * @throws Refusal 401 for a wrong or missing key, 404 for a domain that is not the site's
 */
export function authenticate(
  sites: readonly Site[],
  authorization: string | undefined,
  domain: string,
): Site {
  const password = basicPassword(authorization);
  const site = siteOfKey(sites, password);
  if (site === undefined) {
    throw new Refusal(401, 'The mail bridge does not know this key: set PROSORA_MAIL_API_KEY.');
  }
  if (site.domains.includes(domain)) return site;
  throw new Refusal(404, `The mail bridge does not send for ${domain}: set PROSORA_MAIL_DOMAINS.`);
}

/** The site that has this key. */
export function siteOfKey(sites: readonly Site[], key: string): Site | undefined {
  // All are compared, so that the time says nothing about which one it was.
  return sites.filter(({ apiKey, otherKey = apiKey }) =>
    [apiKey, otherKey].map((known) => isSameSecret(key, known)).includes(true),
  )[0];
}

/** The password of HTTP's Basic scheme; empty without one. */
export function basicPassword(authorization = ''): string {
  const [scheme, credentials = ''] = authorization.split(' ');
  if (scheme?.toLowerCase() !== 'basic') return '';
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}
