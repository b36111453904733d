import { type ReferrerData, ReferrerParser } from '@tryghost/referrer-parser';
import type { PageHit } from './page-hit.ts';
import { remember } from './remember.ts';

type ParsedReferrer = NonNullable<PageHit['payload']['parsedReferrer']>;

const parser = new ReferrerParser();

const parse = remember((key) => {
  const [url, source, medium] = JSON.parse(key) as (string | null)[];
  return parser.parse(url ?? '', source ?? undefined, medium ?? undefined);
});

/**
 * Where a reader came from, as Ghost names sources and media. Without a `url` nothing is known, as in
 * TryGhost/TrafficAnalytics (src/schemas/v1/page-hit-processed.ts).
 */
export function readReferrer(parsed: ParsedReferrer | undefined): Partial<ReferrerData> {
  if (!parsed?.url) return {};
  return parse(JSON.stringify([parsed.url, parsed.source, parsed.medium]));
}
