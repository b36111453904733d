/** What the edge holds of one URL. */
export interface Kept {
  url: string;
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** Milliseconds since 1970. */
  freshUntil: number;
}

/** What a call may name: https://developers.cloudflare.com/api/resources/cache/methods/purge/ */
interface Selection {
  purge_everything?: boolean | undefined;
  files?: readonly string[] | undefined;
  hosts?: readonly string[] | undefined;
  prefixes?: readonly string[] | undefined;
  /** Nothing bears tags here. */
  tags?: readonly string[] | undefined;
}

/** The cache of the edge, one place for all the world. */
export interface EdgeCache {
  get(url: string): Kept | undefined;
  put(kept: Kept): void;
  delete(url: string): void;
  /** Takes out or, with `softly`, marks as stale what a call names. */
  forget(selection: Selection, softly: boolean): void;
  /** Counts up with each call that names something: an answer that was asked for before one is not kept after it. */
  readonly generation: number;
  values(): Kept[];
  clear(): void;
}

/** Creates an empty cache; it is in memory, as what is cached may be lost at any time. */
export function createEdgeCache(): EdgeCache {
  const pages = new Map<string, Kept>();
  let generation = 0;
  return {
    get: (url) => pages.get(url),
    put: (kept) => void pages.set(kept.url, kept),
    delete: (url) => void pages.delete(url),
    forget(selection, softly) {
      generation += 1;
      for (const kept of pages.values()) {
        if (!isNamed(kept.url, selection)) continue;
        if (softly) kept.freshUntil = 0;
        else pages.delete(kept.url);
      }
    },
    get generation() {
      return generation;
    },
    values: () => [...pages.values()],
    clear: () => pages.clear(),
  };
}

function isNamed(url: string, { purge_everything, files, hosts, prefixes }: Selection): boolean {
  if (purge_everything) return true;
  const { host, pathname } = new URL(url);
  return Boolean(
    files?.includes(url) ||
      hosts?.includes(host) ||
      prefixes?.some((prefix) => `${host}${pathname}`.startsWith(prefix)),
  );
}
