import { randomUUID } from 'node:crypto';

/** A page view that a server, and not the page's script, tells of. */
export interface PageHitRequestOptions {
  /** Where the collector takes hits, such as `https://example.com/.ghost/analytics/api/v1/page_hit`. */
  endpoint: string;
  /** The site's id: `site_uuid` in Ghost's settings. */
  site_uuid: string;
  /** The page's address as the visitor has it. */
  href: string;
  /** The visitor's `User-Agent`. */
  userAgent: string;
  /** The visitor's address; believed if the collector trusts this machine as a proxy. */
  clientAddress: string;
  /** The visitor's `Referer`, and the source and medium if they are known. */
  referrer?: { url: string | null; source?: string | null; medium?: string | null };
  /** The first language of `Accept-Language`. (Default: `en`) */
  locale?: string;
  /** Country as ISO 3166-1 alpha-2. (Default: none) */
  location?: string | null;
  /** Of a post or page. */
  post?: { uuid: string; type: 'post' | 'page' };
  /** Of a member who is logged in. */
  member?: { uuid: string; status: string };
  /** Ghost's data source. (Default: `analytics_events`) */
  datasource?: string;
}

/**
 * Builds the request that Ghost's own script would send for a page view, with the UTM parameters of the
 * page's address.
 *
 * @throws TypeError when `endpoint` or `href` is no URL.
 * @example
 * const answer = await fetch(pageHitRequest({ endpoint, site_uuid, href, userAgent, clientAddress }));
 */
export function pageHitRequest(options: PageHitRequestOptions): Request {
  const { referrer, post, member, location = null, locale = 'en' } = options;
  const page = new URL(options.href);
  const utm = (name: string) => page.searchParams.get(`utm_${name}`);
  const endpoint = new URL(options.endpoint);
  endpoint.searchParams.set('name', options.datasource ?? 'analytics_events');
  const payload = {
    event_id: randomUUID(),
    site_uuid: options.site_uuid,
    post_uuid: post?.uuid ?? 'undefined',
    post_type: post?.type ?? 'null',
    member_uuid: member?.uuid ?? 'undefined',
    member_status: member?.status ?? 'undefined',
    'user-agent': options.userAgent,
    locale,
    location,
    parsedReferrer: {
      url: referrer?.url ?? null,
      source: referrer?.source ?? utm('source'),
      medium: referrer?.medium ?? utm('medium'),
    },
    pathname: page.pathname,
    href: page.href,
    utm_source: utm('source'),
    utm_medium: utm('medium'),
    utm_campaign: utm('campaign'),
    utm_term: utm('term'),
    utm_content: utm('content'),
  };
  return new Request(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': options.userAgent,
      'x-forwarded-for': options.clientAddress,
      'x-site-uuid': options.site_uuid,
    },
    body: JSON.stringify({
      timestamp: new Date().toISOString(),
      action: 'page_hit',
      version: '1',
      payload,
    }),
  });
}
