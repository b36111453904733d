import { expect, test } from 'vitest';
import { readPageHit } from '../../src/hit/page-hit.ts';
import { pageHitRequest } from '../../src/index.ts';
import { FIREFOX, SITE } from '../fixtures/hits.ts';

test('the request that is built is one that the collector takes', async () => {
  const request = pageHitRequest({
    endpoint: 'https://example.com/.ghost/analytics/api/v1/page_hit',
    site_uuid: SITE,
    href: 'https://example.com/welcome/?utm_source=letter&utm_medium=email',
    userAgent: FIREFOX,
    clientAddress: '203.0.113.7',
    post: { uuid: 'b0a1c2d3-0000-4000-8000-000000000000', type: 'post' },
  });
  expect(request.url).toBe(
    'https://example.com/.ghost/analytics/api/v1/page_hit?name=analytics_events',
  );
  expect(Object.fromEntries(request.headers)).toMatchObject({
    'user-agent': FIREFOX,
    'x-forwarded-for': '203.0.113.7',
  });
  const siteHeader = request.headers.get('x-site-uuid') ?? undefined;
  expect(readPageHit({ body: await request.text(), siteHeader }).payload).toMatchObject({
    pathname: '/welcome/',
    utm_source: 'letter',
    parsedReferrer: { url: null, source: 'letter', medium: 'email' },
    post_type: 'post',
    member_uuid: 'undefined',
  });
});
