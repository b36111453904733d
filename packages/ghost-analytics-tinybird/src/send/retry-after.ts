import type { IncomingHttpHeaders } from 'node:http';

/** A wait that is asked for is kept up to an hour. */
const LONGEST_MS = 3_600_000;

/**
 * The wait an answer asks for, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110), else
 * Tinybird's `X-RateLimit-Reset` in seconds (https://www.tinybird.co/docs/api-reference#limits).
 */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const after = headers['retry-after'] ?? headers['x-ratelimit-reset']?.toString();
  if (after === undefined || after.trim() === '') return undefined;
  const seconds = Number(after);
  const waitMs = Number.isNaN(seconds) ? Date.parse(after) - nowMs : seconds * 1_000;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), LONGEST_MS);
}
