import { randomUUID } from 'node:crypto';

const SITE = '4b5c7f3e-1b0a-4c55-8d36-3d1b4b2b9c11';
const BROWSERS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
];
const SOURCES = [
  null,
  'https://www.google.com/',
  'https://news.ycombinator.com/',
  'ghost-newsletter',
];
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney'];

const READERS = 20_000;

/** A hit of our tracker by one of 20,000 readers in turn, each with a page, a browser and a source. */
export function hitNumber(number: number, values: Record<string, unknown> = {}) {
  const pick = <Value>(list: readonly Value[]) => list[number % list.length] as Value;
  const userAgent = pick(BROWSERS);
  const reader = number % READERS;
  const pathname = `/post-${number % 500}/`;
  return {
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      'user-agent': userAgent,
      'x-forwarded-for': `203.0.${reader >> 8}.${reader & 255}`,
    },
    body: JSON.stringify({
      timestamp: new Date().toISOString(),
      action: 'page_hit',
      version: '1',
      payload: {
        event_id: randomUUID(),
        'user-agent': userAgent,
        locale: 'en-GB',
        location: null,
        timezone: pick(ZONES),
        parsedReferrer: { url: pick(SOURCES), source: null, medium: null },
        pathname,
        href: `https://example.com${pathname}?utm_source=letter&token=x`,
        utm_source: 'letter',
        utm_medium: null,
        utm_campaign: null,
        utm_term: null,
        utm_content: null,
        site_uuid: SITE,
        post_uuid: randomUUID(),
        post_type: 'post',
        member_uuid: 'undefined',
        member_status: 'undefined',
        gift_link: '',
        ...values,
      },
    }),
  };
}
