import { expect, test } from 'vitest';
import { readPageHit } from '../../src/hit/page-hit.ts';
import { rowOf } from '../../src/hit/row.ts';
import { readUserAgent } from '../../src/hit/user-agent.ts';
import { FIREFOX, hitBody, SITE } from '../fixtures/hits.ts';

const rowFor = (payload = {}, facts = {}) =>
  rowOf(readPageHit({ body: JSON.stringify(hitBody(payload)), siteHeader: undefined }), {
    visitorId: 'visitor',
    userAgent: FIREFOX,
    country: 'GB',
    receivedAt: new Date('2026-09-01T12:00:00Z'),
    ...facts,
  });

test('a row has the fields that TrafficAnalytics writes, with our time', () => {
  expect(rowFor({ utm_source: 'letter' }, { edgeStart: '1788264000123' })).toEqual({
    timestamp: '2026-09-01T12:00:00.000Z',
    action: 'page_hit',
    version: '1',
    site_uuid: SITE,
    session_id: 'visitor',
    payload: {
      event_id: 'b0a1c2d3-0000-4000-8000-000000000000',
      site_uuid: SITE,
      member_uuid: 'undefined',
      member_status: 'undefined',
      post_uuid: 'undefined',
      post_type: 'null',
      gift_link: '',
      locale: 'en-GB',
      location: 'GB',
      referrer: null,
      parsedReferrer: { url: 'https://www.google.com/', source: null, medium: null },
      pathname: '/about/',
      href: 'https://example.com/about/',
      utm_source: 'letter',
      utm_medium: null,
      utm_campaign: null,
      utm_term: null,
      utm_content: null,
      meta: { received_timestamp: '2026-09-01T12:00:00.123Z' },
      os: 'linux',
      browser: 'firefox',
      device: 'desktop',
      referrerUrl: 'www.google.com',
      referrerSource: 'Google',
      referrerMedium: 'search',
      'user-agent': FIREFOX,
    },
  });
});

test.each([
  ['https://a.example/', 'https://a.example/'],
  ['https://a.example/?uuid=1&key=2', 'https://a.example/'],
  [
    'https://a.example/?token=x&action=signin&utm_source=b&ref=c#/portal',
    'https://a.example/?utm_source=b&ref=c',
  ],
  ['https://a.example/x?a=1?utm_term=2&source=3', 'https://a.example/x?source=3'],
  ['', ''],
])('of the address %s the row has %s', (href, kept) => {
  expect(rowFor({ href }).payload.href).toBe(kept);
});

test.each([
  ['https://mail.example/read?token=x#inbox', 'https://mail.example/read'],
  ['https://a.example/?utm_source=b&key=2', 'https://a.example/?utm_source=b'],
  ['what? a word', 'what? a word'],
  [null, null],
])('of the referrer %j the row has %j', (url, kept) => {
  const parsedReferrer = { url, source: null, medium: 'email' };
  const { payload } = rowFor({ referrer: url, parsedReferrer });
  expect(payload.referrer).toBe(kept);
  expect(payload.parsedReferrer).toEqual({ ...parsedReferrer, url: kept });
});

test('the country is the one that was found, and the time zone stays out', () => {
  const { payload } = rowFor({ location: null, timezone: 'Europe/Berlin' }, { country: 'AT' });
  expect(payload.location).toBe('AT');
  expect(JSON.stringify(payload)).not.toContain('timezone');
});

test('an id is drawn for a hit without one', () => {
  expect(rowFor({ event_id: '' }).payload.event_id).toMatch(/^[0-9a-f-]{36}$/);
});

test('without a referrer its fields are absent, and ?ref= is a source though it is no URL', () => {
  const none = { url: null, source: null, medium: null };
  expect(rowFor({ parsedReferrer: none }).payload).not.toHaveProperty('referrerSource');
  const ref = { url: 'ghost-newsletter', source: 'ghost-newsletter', medium: null };
  expect(rowFor({ parsedReferrer: ref }).payload).toMatchObject({
    referrerSource: 'ghost newsletter',
    referrerMedium: 'Email',
    referrerUrl: null,
  });
});

const RECEIVED = Date.parse('2026-09-01T12:00:00Z');
const DAY_MS = 86_400_000;
test.each([
  '',
  'soon',
  '-1',
  '99999999999999999',
  // After 2106, which Ghost's mv_hits cannot count in seconds.
  '4294967296000',
  String(RECEIVED + DAY_MS + 1),
  String(RECEIVED - DAY_MS - 1),
])('the edge’s time %j is left out, as it is none of this hit', (edgeStart) => {
  expect(rowFor({}, { edgeStart }).payload.meta.received_timestamp).toBeNull();
});

test('a clock of another age gives a time that the table can hold', () => {
  const timeOf = (receivedAt: Date) => rowFor({}, { receivedAt }).timestamp;
  expect(timeOf(new Date('2150-01-01T00:00:00Z'))).toBe('2106-02-07T06:28:15.000Z');
  expect(timeOf(new Date('1969-01-01T00:00:00Z'))).toBe('1970-01-01T00:00:00.000Z');
});

const MAC =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
test.each([
  [`${MAC} Version/17.4 Safari/605.1.15`, 'macos', 'safari', 'desktop'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
    'ios',
    'safari',
    'mobile-ios',
  ],
  [
    'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36',
    'android',
    'chrome',
    'mobile-android',
  ],
  ['something else', 'unknown', 'unknown', 'unknown'],
])('%s', (userAgent, os, browser, device) => {
  expect(readUserAgent(userAgent)).toEqual({ os, browser, device });
});
