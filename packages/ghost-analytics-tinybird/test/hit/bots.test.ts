import { expect, test } from 'vitest';
import { whyNotAReader } from '../../src/hit/bots.ts';
import { FIREFOX } from '../fixtures/hits.ts';

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

// As these browsers name themselves.
const CHROME =
  'AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36';
test.each([
  [
    'WeChat on Android',
    `Mozilla/5.0 (Linux; Android 13; M2012K11AC; wv) ${CHROME} XWEB/1160065 MMWEBSDK/20231202 MMWEBID/2247 MicroMessenger/8.0.47.2560(0x28002F36) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64 Process/tools`,
  ],
  [
    'WeChat on the iPhone',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.43(0x18002b2f) NetType/WIFI Language/zh_CN',
  ],
  [
    'Alipay',
    `Mozilla/5.0 (Linux; U; Android 12; zh-CN; V2049A) ${CHROME} UCBS/3.22.2.50 NebulaSDK/1.8.100112 Nebula AlipayDefined(nt:WIFI,ws:360|0|2.0) AliApp(AP/10.5.96.8000) AlipayClient/10.5.96.8000 Language/zh-Hans`,
  ],
  ['Google TV', `Mozilla/5.0 (Linux; Android 12; Chromecast with Google TV) ${CHROME}`],
  [
    'a television with Google TV',
    `Mozilla/5.0 (Linux; Android 12; BRAVIA 4K; Google TV) ${CHROME}`,
  ],
  [
    'Sogou on Android',
    `Mozilla/5.0 (Linux; Android 10; SM-G960F) ${CHROME} SogouMSE,SogouMobileBrowser/5.28.15`,
  ],
  ['Instagram', `Mozilla/5.0 (Linux; Android 12; wv) ${CHROME} Instagram 300.0.0.29.110 Android`],
  [
    'Facebook',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBDV/iPhone13,2;FBMD/iPhone]',
  ],
])('%s is read with', (_browser, userAgent) => {
  expect(whyNotAReader({ 'user-agent': userAgent })).toBeUndefined();
});

test.each([
  'Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)',
  `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) ${CHROME} (compatible; Google-InspectionTool/1.0;)`,
  `Mozilla/5.0 (Linux; Android 12; Google TV) ${CHROME} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
  'python-requests/2.32 Process/tools',
])('a program that calls itself by such a word is still one: %s', (userAgent) => {
  expect(whyNotAReader({ 'user-agent': userAgent })).toBe('bot');
});

test.each([
  ['sec-purpose', 'prefetch;prerender'],
  ['purpose', 'prefetch'],
  ['x-purpose', 'preview'],
  ['x-moz', 'prefetch'],
])('%s: %s is nobody looking', (name, value) => {
  expect(whyNotAReader({ 'user-agent': FIREFOX, [name]: value })).toBe('prefetch');
});
