import { expect, test } from 'vitest';
import { whyNotAReader } from '../src/bots.ts';
import { FIREFOX } from './hits.ts';

test.each([
  [FIREFOX, undefined],
  [
    'Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
    undefined,
  ],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot'],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36',
    'bot',
  ],
  ['python-requests/2.32.3', 'bot'],
  ['curl/8.5.0', 'bot'],
])('%s: %s', (userAgent, why) => {
  expect(whyNotAReader({ 'user-agent': userAgent })).toBe(why);
});

test.each([
  ['sec-purpose', 'prefetch;prerender'],
  ['purpose', 'prefetch'],
  ['x-purpose', 'preview'],
  ['x-moz', 'prefetch'],
])('%s: %s is nobody looking', (name, value) => {
  expect(whyNotAReader({ 'user-agent': FIREFOX, [name]: value })).toBe('prefetch');
});
