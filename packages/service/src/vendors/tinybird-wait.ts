import type { IncomingHttpHeaders } from 'node:http';
import { parseRetryAfter } from '../http/retry-after.ts';

/** A wait that is asked for is kept up to an hour. */
const LONGEST_MS = 3_600_000;

/**
 * The wait an answer asks for, in milliseconds: `Retry-After`, else Tinybird's `X-RateLimit-Reset` in seconds
 * (https://www.tinybird.co/docs/api-reference#limits).
 */
export function tinybirdWaitMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const header = headers['retry-after'] ?? headers['x-ratelimit-reset']?.toString();
  const waitMs = parseRetryAfter(header, nowMs);
  return waitMs === undefined ? undefined : Math.min(waitMs, LONGEST_MS);
}
