import { expect, test } from 'vitest';
import { detectOpenBot } from '../../src/report/open-bot.ts';

const GMAIL =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';

test.each([
  ['apple', 'Mozilla/5.0'],
  ['gmail', GMAIL],
  ['generic', ''],
  ['generic', 'curl/8.5.0'],
  ['generic', 'python-requests/2.32.3'],
  ['generic', 'Go-http-client/2.0'],
  ['generic', 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)'],
  ['generic', 'Mozilla/5.0 (compatible; BarracudaCentral)'],
  [
    'generic',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/131.0.0.0 Safari/537.36',
  ],
])('%s is what loads a picture as "%s"', (bot, agent) => {
  expect(detectOpenBot({ method: 'GET', headers: { 'user-agent': agent } })).toBe(bot);
});

test.each([
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
  'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0',
  'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)',
  'Outlook-iOS/709.2226530.prod.iphone (3.24.1)',
  'Dalvik/2.1.0 (Linux; U; Android 14; CUBOT KINGKONG Build/UP1A)',
  'okhttp/4.12.0',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36',
])('a reader opens with "%s"', (agent) => {
  expect(detectOpenBot({ method: 'GET', headers: { 'user-agent': agent } })).toBeUndefined();
});

test('a look ahead is no reader, nor who only asks whether the picture is there', () => {
  const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0.0.0 Safari/537.36' };
  const ahead = { ...agent, 'sec-purpose': 'prefetch;prerender' };
  expect(detectOpenBot({ method: 'GET', headers: ahead })).toBe('generic');
  expect(detectOpenBot({ method: 'HEAD', headers: agent })).toBe('generic');
});
