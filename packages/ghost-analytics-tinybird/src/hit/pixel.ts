import type { IncomingMessage } from 'node:http';
import { checkPageHit, type PageHit } from './page-hit.ts';

/** The smallest GIF: one transparent dot. */
export const PIXEL = Buffer.from(
  'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  'base64',
);

/**
 * Reads a page view from the address of a picture, for pages that run no script: `site_uuid`, and of
 * the page `href` (without it the `Referer`), `referrer`, `post_uuid`, `post_type`.
 *
 * @throws CollectorError as `readPageHit` does.
 */
export function readPixel(
  { headers }: IncomingMessage,
  query: string,
  sites: readonly string[] | undefined,
): PageHit {
  const parameters = new URLSearchParams(query);
  const given = (name: string) => parameters.get(name) ?? undefined;
  const href = given('href') ?? headers.referer ?? '';
  const page = URL.parse(href);
  const utm = (name: string) => page?.searchParams.get(`utm_${name}`) || null;
  const source = page?.searchParams.get('ref') || page?.searchParams.get('source') || utm('source');
  const body = {
    timestamp: new Date().toISOString(),
    action: 'page_hit',
    version: '1',
    payload: {
      site_uuid: given('site_uuid'),
      post_uuid: given('post_uuid'),
      post_type: given('post_type'),
      locale: /^[\w-]{2,20}/.exec(headers['accept-language'] ?? '')?.[0] ?? 'en',
      location: null,
      pathname: page?.pathname ?? '',
      href,
      parsedReferrer: {
        url: source || utm('medium') || (given('referrer') ?? null),
        source,
        medium: utm('medium'),
      },
      utm_source: utm('source'),
      utm_medium: utm('medium'),
      utm_campaign: utm('campaign'),
      utm_term: utm('term'),
      utm_content: utm('content'),
    },
  };
  return checkPageHit(body, { siteHeader: undefined, sites });
}
