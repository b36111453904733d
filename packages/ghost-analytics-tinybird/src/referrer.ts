import { type ReferrerData, ReferrerParser } from '@tryghost/referrer-parser';
import type { PageHit } from './page-hit.ts';

const parser = new ReferrerParser();

/** Readers come from few places, and the parser walks its whole list each time (0.25 ms). */
const known = new Map<string, ReferrerData>();
const MAX_KNOWN = 1_000;

/**
 * Where a reader came from, as Ghost names sources and media. Without a `url` nothing is known, as in
 * TryGhost/TrafficAnalytics (src/schemas/v1/page-hit-processed.ts).
 */
export function readReferrer(parsed: PageHit['payload']['parsedReferrer']): Partial<ReferrerData> {
  if (!parsed?.url) return {};
  const key = JSON.stringify(parsed);
  const before = known.get(key);
  if (before) return before;
  const found = parser.parse(parsed.url, parsed.source ?? undefined, parsed.medium ?? undefined);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, found);
  return found;
}
