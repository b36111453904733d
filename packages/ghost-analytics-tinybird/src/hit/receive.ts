import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { domainToASCII, domainToUnicode } from 'node:url';
import { CollectorError } from '../errors.ts';
import type { Spool } from '../spool/spool.ts';
import { clientAddress } from '../visitor/client-address.ts';
import type { Visitor } from '../visitor/visitor-id.ts';
import { type NotAReader, whyNotAReader } from './bots.ts';
import type { CountryClues } from './country.ts';
import type { PageHit } from './page-hit.ts';
import { rowOf } from './row.ts';

/** What a hit goes through. */
export interface ReceiveOptions {
  spool: Pick<Spool, 'append'>;
  visitorId: (visitor: Visitor) => string;
  countryOf: (clues: CountryClues) => string | null;
  /** Throws for the hit too many. */
  limit: (address: string) => void;
  /** Does the work once for each id. */
  once: (id: string, work: () => Promise<void>) => Promise<boolean>;
  /** Whether an address is that of a proxy whose headers are believed. */
  isTrustedProxy: (address: string) => boolean;
  /** Whose pages may send, as origins; without it every one. */
  origins?: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** What became of a hit that was not refused. */
export type HitOutcome = 'accepted' | 'duplicate' | NotAReader;

const MAX_USER_AGENT = 1_024;

/**
 * Creates the way of a hit: it is checked, told from bots, counted once, enriched and put on disk. When
 * the function resolves, that is done.
 *
 * @returns the function; it throws CollectorError, whose status is the answer.
 */
export function createReceive(options: ReceiveOptions) {
  const allowed = options.origins && new Set(options.origins.flatMap(withTranslation));
  return async (
    request: IncomingMessage,
    readHit: () => PageHit | Promise<PageHit>,
  ): Promise<HitOutcome> => {
    const { headers } = request;
    const address = clientAddress(request, options.isTrustedProxy);
    refuseForeignOrigin(headers, allowed);
    options.limit(address);
    const userAgent = headers['user-agent']?.trim().slice(0, MAX_USER_AGENT);
    if (!userAgent) throw new CollectorError('REQUEST_INVALID', 'headers.user-agent is missing');
    const hit = await readHit();
    const notAReader = whyNotAReader(headers);
    if (notAReader) return notAReader;

    const { site_uuid, event_id } = hit.payload;
    const keep = async (): Promise<void> => {
      const row = rowOf(hit, {
        visitorId: options.visitorId({ site_uuid, address, userAgent }),
        userAgent,
        country: countryOf(options, request, address, hit),
        receivedAt: new Date(options.now()),
        edgeStart: areHeadersTrusted(options, request)
          ? headers['x-ghost-analytics-start']?.toString()
          : undefined,
      });
      await options.spool.append(JSON.stringify(row));
    };
    if (event_id) {
      return (await options.once(event_id, keep)) ? 'accepted' : 'duplicate';
    }
    await keep();
    return 'accepted';
  };
}

/**
 * A page of a foreign site says so; a server, and a browser's picture, say nothing. A page with the referrer
 * policy `no-referrer` says `null` (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
 */
function refuseForeignOrigin(headers: IncomingHttpHeaders, allowed?: ReadonlySet<string>): void {
  const { origin } = headers;
  if (!allowed || origin === undefined || allowed.has(origin.toLowerCase())) return;
  if (origin === 'null' && headers['sec-fetch-site'] === 'same-origin') return;
  throw new CollectorError('ORIGIN_REFUSED', 'pages of this origin are not counted here');
}

/**
 * An origin, and the one at which Google Translate shows its pages to readers: dots are dashes there and dashes are
 * two, in the letters of the name (as in https://amp.dev/documentation/guides-and-tutorials/learn/amp-caches-and-cors/amp-cache-urls).
 */
function withTranslation(origin: string): string[] {
  const name = domainToUnicode(new URL(origin).hostname);
  const dashed = name.replaceAll('-', '--').replaceAll('.', '-');
  // What looks like punycode must not be taken for it.
  const label = dashed.slice(2, 4) === '--' ? `0-${dashed}-0` : dashed;
  return [origin, `https://${domainToASCII(`${label}.translate.goog`)}`];
}

function areHeadersTrusted({ isTrustedProxy }: ReceiveOptions, { socket }: IncomingMessage) {
  return isTrustedProxy(socket.remoteAddress ?? '');
}

function countryOf(
  options: ReceiveOptions,
  request: IncomingMessage,
  address: string,
  { payload: { location, timezone } }: PageHit,
): string | null {
  return options.countryOf({
    headers: request.headers,
    areHeadersTrusted: () => areHeadersTrusted(options, request),
    address,
    location,
    timezone,
  });
}
