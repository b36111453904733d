/**
 * A page hit as the collector sends it; `index` makes it one of a kind. It has no default left to fill
 * in, so that two sendings of one hit are the same bytes down to the table.
 */
export function pageHit(index: number, values: Record<string, unknown> = {}): string {
  const at = new Date(Date.UTC(2026, 3, 28) + index * 37_000);
  return JSON.stringify({
    timestamp: at.toISOString(),
    session_id: `session-${Math.floor(index / 3)}`,
    action: 'page_hit',
    version: '1',
    payload: {
      site_uuid: 'site-a',
      member_uuid: 'undefined',
      member_status: 'undefined',
      post_uuid: 'undefined',
      post_type: 'null',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
      device: 'desktop',
      locale: 'en-GB',
      location: 'GB',
      pathname: `/page-${index % 10}/`,
      href: `https://example.com/page-${index % 10}/`,
      meta: { referrerSource: 'example.org' },
    },
    inserted_at: at.toISOString(),
    ...values,
  });
}

/** Hits `from` up to and without `to`, as NDJSON. */
export function pageHits(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, offset) => pageHit(from + offset)).join('\n');
}

/** How often the hits are counted, by the source and by each view over it. */
export const HIT_COUNTS: Readonly<Record<string, string>> = {
  analytics_events: 'SELECT count() FROM analytics_events',
  _mv_hits: 'SELECT count() FROM _mv_hits',
  _mv_daily_pages: 'SELECT countMerge(hits) FROM _mv_daily_pages',
  _mv_session_data_v2: 'SELECT countMerge(pageviews) FROM _mv_session_data_v2',
};
