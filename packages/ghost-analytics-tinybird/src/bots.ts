import type { IncomingHttpHeaders } from 'node:http';
import { isbot } from 'isbot';

/** Headers by which a browser says that nobody looks at the page, at least not yet. */
const PURPOSE_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];
const UNSEEN = /prefetch|prerender|preview/i;

/** Why a hit is not counted. */
export type NotAReader = 'bot' | 'prefetch';

/** Tells programs and pages fetched ahead from readers; `undefined` is a reader. */
export function whyNotAReader(headers: IncomingHttpHeaders): NotAReader | undefined {
  if (PURPOSE_HEADERS.some((name) => UNSEEN.test(String(headers[name] ?? '')))) return 'prefetch';
  return isbot(headers['user-agent']) ? 'bot' : undefined;
}
