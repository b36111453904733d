import * as z from 'zod';
import { CollectorError } from '../errors.ts';

/** Longest text per field, in UTF-16 units; the whole body is limited to 20 KB besides. */
const MAX = { url: 4_096, path: 2_048, tag: 512, word: 64 };

/** What others made up, such as the address an advertisement leads to, is cut: the reader still came. */
const upTo = (length: number) =>
  z.string().overwrite((text) => text.slice(0, length).toWellFormed());

/** One expression, as a union makes an error of each form that does not fit. */
const GUID_OR_UNDEFINED = new RegExp(`^undefined$|${z.regexes.guid.source}`);
const guidOrUndefined = z.string().regex(GUID_OR_UNDEFINED, 'Invalid GUID').default('undefined');
const tag = upTo(MAX.tag).nullable().default(null);

/**
 * The body that Ghost's `ghost-stats.js` posts. Ghost prints what a page lacks into its script tag as the
 * words `undefined` and `null` (core/frontend/helpers/ghost_head.js), so these words are values here; a
 * page outside Ghost says nothing of what only Ghost has.
 */
const pageHitBody = z.object({
  timestamp: z.iso.datetime(),
  action: z.literal('page_hit'),
  version: z.literal('1'),
  payload: z.object({
    /** One that is none is drawn anew, and the hit is not known when it comes again. */
    event_id: z.string().max(MAX.word).optional().catch(undefined),
    site_uuid: z.guid(),
    member_uuid: guidOrUndefined,
    member_status: upTo(MAX.word).min(1).default('undefined'),
    post_uuid: guidOrUndefined,
    post_type: z.enum(['null', 'post', 'page']).default('null'),
    gift_link: upTo(MAX.tag).nullish(),
    locale: upTo(MAX.word).min(1),
    location: upTo(MAX.word).min(1).nullable(),
    /** Of our own script, which leaves the country to the collector. */
    timezone: upTo(MAX.word).optional(),
    pathname: upTo(MAX.path).min(1),
    href: upTo(MAX.url),
    referrer: upTo(MAX.url).nullable().default(null),
    parsedReferrer: z
      .object({
        // Not always a URL: Ghost also puts the value of ?ref= here.
        url: upTo(MAX.url).nullable(),
        source: upTo(MAX.url).nullable(),
        medium: upTo(MAX.tag).nullable(),
      })
      .optional(),
    utm_source: tag,
    utm_medium: tag,
    utm_campaign: tag,
    utm_term: tag,
    utm_content: tag,
  }),
});

/** A page view as the browser tells it. */
export type PageHit = z.output<typeof pageHitBody>;

/** A request as far as it decides what a hit is. */
export interface PageHitInput {
  body: string;
  /** The header `x-site-uuid`; a beacon has none. */
  siteHeader: string | undefined;
  /** Lower-case; without it every site is taken. */
  sites?: readonly string[] | undefined;
}

/**
 * Reads a page view.
 *
 * @throws CollectorError `REQUEST_INVALID`, which names the fields and never quotes them, or
 * `SITE_REFUSED` for a site that is not on the list.
 */
export function readPageHit({ body, siteHeader, sites }: PageHitInput): PageHit {
  return checkPageHit(parseJson(body), { siteHeader, sites });
}

/** As `readPageHit`, for a body that is parsed. */
export function checkPageHit(
  body: unknown,
  { siteHeader, sites }: Omit<PageHitInput, 'body'>,
): PageHit {
  const parsed = pageHitBody.safeParse(body);
  if (!parsed.success) throw new CollectorError('REQUEST_INVALID', describe(parsed.error));
  const site = parsed.data.payload.site_uuid;
  if (siteHeader !== undefined && siteHeader.toLowerCase() !== site.toLowerCase()) {
    throw new CollectorError('REQUEST_INVALID', 'x-site-uuid and payload.site_uuid differ');
  }
  if (sites && !sites.includes(site.toLowerCase())) {
    throw new CollectorError('SITE_REFUSED', 'this site is not counted here');
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    // A byte-order mark is no part of the text (RFC 8259 §8.1).
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (cause) {
    throw new CollectorError('REQUEST_INVALID', 'the body is not JSON', { cause });
  }
}

function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${['body', ...path].join('.')}: ${message}`)
    .join('; ');
}
