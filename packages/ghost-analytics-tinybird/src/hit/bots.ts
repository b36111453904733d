import type { IncomingHttpHeaders } from 'node:http';
import { isbot } from 'isbot';
import { remember } from './remember.ts';

/** Headers by which a browser says that nobody looks at the page, at least not yet. */
const PURPOSE_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];
const UNSEEN = /prefetch|prerender|preview/i;

/** Why a hit is not counted. */
export type NotAReader = 'bot' | 'prefetch' | 'declined';

/**
 * Words of browsers that people read with and that isbot takes for a program's: WeChat on Android (`Process/tools`),
 * Alipay (`ws:360|0|2.0`, the width of the window), Google's televisions and Sogou's browser for phones.
 */
const OF_BROWSERS =
  /Process\/tools\b|\bws:\d+(?:\|[\d.]+)*|\bGoogle TV\b|\bSogouM(?:SE|obileBrowser)\b/g;

const isProgram = remember((userAgent) => isbot(userAgent.replace(OF_BROWSERS, '')));

/**
 * Tells programs, pages fetched ahead and readers who asked not to be tracked (`DNT`, `Sec-GPC`) from
 * those to count, which are `undefined`.
 */
export function whyNotAReader(headers: IncomingHttpHeaders): NotAReader | undefined {
  if (headers['dnt'] === '1' || headers['sec-gpc'] === '1') return 'declined';
  if (PURPOSE_HEADERS.some((name) => UNSEEN.test(String(headers[name] ?? '')))) return 'prefetch';
  return isProgram(headers['user-agent'] ?? '') ? 'bot' : undefined;
}
