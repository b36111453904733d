/**
 * The wait that an answer asks for, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
 * Undefined when the header is absent or neither.
 *
 * @param nowMs milliseconds since 1970
 */
export function parseRetryAfter(
  header: string | null | undefined,
  nowMs: number,
): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  const seconds = Number(text);
  const waitMs = Number.isNaN(seconds) ? Date.parse(text) - nowMs : seconds * 1_000;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
