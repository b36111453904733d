import { DAYS, END, PAGES, SITE_QUERY } from './site.ts';

/** What Ghost Admin asks: https://github.com/TryGhost/Ghost, apps/stats and server/services/stats. */
export const ENDPOINTS: readonly string[] = [
  'api_kpis',
  'api_active_visitors',
  'api_top_pages',
  'api_top_sources',
  'api_top_locations',
  'api_top_devices',
  'api_top_utm_sources',
  'api_top_utm_mediums',
  'api_top_utm_campaigns',
  'api_top_utm_contents',
  'api_top_utm_terms',
  'api_gift_link_visits',
  'api_post_visitor_counts',
];

export const PERIODS = [7, 30, DAYS] as const;

/** The query of one question about the last days of the corpus. */
export function queryOf(endpoint: string, days: number): string {
  const day = (back: number): string =>
    new Date(END.getTime() - back * 86_400_000).toISOString().slice(0, 10);
  const query = new URLSearchParams(SITE_QUERY);
  query.set('date_from', day(days));
  query.set('date_to', day(1));
  query.set('timezone', 'Etc/UTC');
  query.set('member_status', 'undefined,free,paid');
  query.set('limit', '50');
  if (endpoint === 'api_post_visitor_counts') {
    query.set(
      'post_uuids',
      PAGES.slice(1, 21)
        .map(({ postUuid }) => postUuid)
        .join(','),
    );
  }
  return query.toString();
}
