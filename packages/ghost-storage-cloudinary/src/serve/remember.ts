import { LRUCache } from 'lru-cache';

/** Per store: some 8,000 URLs of the usual length. */
const MOST_BYTES = 4 * 1024 * 1024;
/** What the cache itself needs for an entry, measured with lru-cache 11 on Node 24. */
const ENTRY_BYTES = 170;

/**
 * Keeps the results of a pure function in 4 MB of memory, the least recently used given up first. The
 * SDK takes 0.1 ms for a URL, as long as the rest of a redirect together. That there is no result is
 * not kept: it is seen at once, and anybody can ask for it in endless variety.
 */
export function remember(
  compute: (key: string) => string | undefined,
): (key: string) => string | undefined {
  const results = new LRUCache<string, string>({
    maxSize: MOST_BYTES,
    sizeCalculation: (result, key) =>
      Buffer.byteLength(key) + Buffer.byteLength(result) + ENTRY_BYTES,
  });
  return (key) => {
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = compute(key);
    if (result !== undefined) results.set(key, result);
    return result;
  };
}
