/** The sites of the tests. */
export const SITE = '4b5c7f3e-1b0a-4c55-8d36-3d1b4b2b9c11';
export const OTHER_SITE = '0d4e3c1a-2f5b-4e0f-9f6e-8c7b6a594837';

export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** The body that Ghost 6.65's script posts for a page that is neither post nor page. */
export function hitBody(payload: Record<string, unknown> = {}, values = {}) {
  return {
    timestamp: '2026-09-01T10:00:00.000Z',
    action: 'page_hit',
    version: '1',
    payload: {
      event_id: 'b0a1c2d3-0000-4000-8000-000000000000',
      'user-agent': FIREFOX,
      locale: 'en-GB',
      location: 'GB',
      parsedReferrer: { url: 'https://www.google.com/', source: null, medium: null },
      pathname: '/about/',
      href: 'https://example.com/about/',
      utm_source: null,
      utm_medium: null,
      utm_campaign: null,
      utm_term: null,
      utm_content: null,
      site_uuid: SITE,
      post_uuid: 'undefined',
      post_type: 'null',
      member_uuid: 'undefined',
      member_status: 'undefined',
      gift_link: '',
      ...payload,
    },
    ...values,
  };
}
