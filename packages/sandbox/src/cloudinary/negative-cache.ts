/** What the CDN remembers of a URL that could not be served. */
interface CachedRefusal {
  status: number;
  message: string;
}

/** The CDN's memory of 40x answers. */
export interface NegativeCache {
  get(url: string): CachedRefusal | undefined;
  put(url: string, refusal: CachedRefusal): void;
  clear(): void;
}

const FIRST_MS = 60_000;
const LONGEST_MS = 24 * 3_600_000;
const MAX_URLS = 10_000;

/**
 * Remembers a 40x answer for an exact URL for a minute, and twice as long each time it comes again
 * after that, up to a day (Cloudinary: "How to diagnose 40x and X-Cld-Error messages").
 */
export function createNegativeCache(now: () => number): NegativeCache {
  const entries = new Map<string, CachedRefusal & { until: number; keptMs: number }>();
  return {
    get: (url) => {
      const entry = entries.get(url);
      return entry !== undefined && entry.until > now() ? entry : undefined;
    },
    put: (url, refusal) => {
      const before = entries.get(url);
      const keptMs = before === undefined ? FIRST_MS : Math.min(2 * before.keptMs, LONGEST_MS);
      const [oldest] = entries.keys();
      if (entries.size >= MAX_URLS && oldest !== undefined) entries.delete(oldest);
      entries.set(url, { ...refusal, until: now() + keptMs, keptMs });
    },
    clear: () => entries.clear(),
  };
}
