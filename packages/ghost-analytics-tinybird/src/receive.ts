import { isIP } from 'node:net';
import type { Request } from 'express';
import { type NotAReader, whyNotAReader } from './bots.ts';
import type { CountryClues } from './country.ts';
import { CollectorError } from './errors.ts';
import type { PageHit } from './page-hit.ts';
import { rowOf } from './row.ts';
import type { Spool } from './spool/spool.ts';
import type { Visitor } from './visitor-id.ts';

/** What a hit goes through. */
export interface ReceiveOptions {
  spool: Pick<Spool, 'append'>;
  visitorId: (visitor: Visitor) => string;
  countryOf: (clues: CountryClues) => string | null;
  /** Throws for the hit too many. */
  limit: (address: string) => Promise<void>;
  /** Does the work once for each id. */
  once: (id: string, work: () => Promise<void>) => Promise<boolean>;
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
  return async (
    request: Request,
    readHit: () => PageHit | Promise<PageHit>,
  ): Promise<HitOutcome> => {
    const address = addressOf(request);
    refuseForeignOrigin(request, options.origins);
    await options.limit(address);
    const userAgent = request.get('user-agent')?.trim().slice(0, MAX_USER_AGENT);
    if (!userAgent) throw new CollectorError('REQUEST_INVALID', 'headers.user-agent is missing');
    const hit = await readHit();
    const notAReader = whyNotAReader(request.headers);
    if (notAReader) return notAReader;

    const { site_uuid, event_id } = hit.payload;
    const keep = async (): Promise<void> => {
      const row = rowOf(hit, {
        visitorId: options.visitorId({ site_uuid, address, userAgent }),
        userAgent,
        country: countryOf(options, request, address, hit),
        receivedAt: new Date(options.now()),
        edgeStart: request.get('x-ghost-analytics-start'),
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
function refuseForeignOrigin(request: Request, allowed?: readonly string[]): void {
  const origin = request.get('origin');
  if (!allowed || origin === undefined || allowed.includes(origin.toLowerCase())) return;
  if (origin === 'null' && request.get('sec-fetch-site') === 'same-origin') return;
  throw new CollectorError('ORIGIN_REFUSED', 'pages of this origin are not counted here');
}

/** The nearest address that is no trusted proxy; a header without an address in it says nothing. */
function addressOf(request: Request): string {
  const believed = request.ip ?? '';
  return isIP(believed) ? believed : (request.socket.remoteAddress ?? '');
}

function countryOf(
  { countryOf }: ReceiveOptions,
  request: Request,
  address: string,
  { payload: { location, timezone } }: PageHit,
): string | null {
  // Express believes headers of the same neighbours.
  const isTrusted = request.app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  const areHeadersTrusted = () => isTrusted(request.socket.remoteAddress ?? '', 0);
  return countryOf({ headers: request.headers, areHeadersTrusted, address, location, timezone });
}
