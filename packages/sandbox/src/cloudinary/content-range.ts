import { CloudinaryRefusal } from './refusal.ts';

/** Where a part belongs in its file. */
export interface ContentRange {
  /** First byte. */
  start: number;
  /** Byte after the last. */
  end: number;
  /** Size of the whole file; undefined until the sender knows it. */
  total: number | undefined;
}

/**
 * Parses the `Content-Range` of an upload in parts: `bytes 0-5/20`. An unknown total is `-1`, as the
 * SDK writes it, or `*`, as HTTP does.
 *
 * @throws CloudinaryRefusal 400 for anything else.
 */
export function parseContentRange(header: string): ContentRange {
  const match = /^bytes (\d+)-(\d+)\/(\d+|-1|\*)$/.exec(header.trim());
  const refusal = () => new CloudinaryRefusal(400, `Invalid Content-Range header: ${header}`);
  if (match === null) throw refusal();
  const [start, last, total] = match.slice(1).map(Number) as [number, number, number];
  const known = total >= 0;
  if (last < start || (known && last >= total)) throw refusal();
  return { start, end: last + 1, total: known ? total : undefined };
}
