/** Where a site answers. */
export interface SiteAddresses {
  /** `https://blog.example.com`, with the path of a site in a subdirectory. */
  siteUrl: string;
  /** Host names beside that of `siteUrl`. */
  hosts: readonly string[];
}

/** All host names of the site. */
export function hostsOf({ siteUrl, hosts }: SiteAddresses): string[] {
  return [...new Set([new URL(siteUrl).hostname, ...hosts])];
}

/**
 * Every URL under which a cache may hold these paths: each host, `https` and `http`, with and without a slash at the
 * end. Ghost says paths relative to its own address (TryGhost/Ghost#22827), and a cache wants whole URLs.
 */
export function urlsOf(paths: readonly string[], site: SiteAddresses): string[] {
  const urls = new Set<string>();
  const base = new URL(site.siteUrl).pathname.replace(/\/$/, '');
  const ofSite = (path: string) => (path.startsWith(`${base}/`) ? path : base + path);
  for (const host of hostsOf(site)) {
    for (const scheme of ['https', 'http']) {
      for (const path of paths)
        for (const form of formsOf(ofSite(path))) urls.add(whole(scheme, host, form));
    }
  }
  return [...urls];
}

function formsOf(path: string): string[] {
  const [address = '', query] = path.split(/\?(.*)/s);
  const bare = address.replace(/\/+$/, '');
  // A file has one form, and so has the front page.
  const forms = bare === '' ? ['/'] : /\.\w+$/.test(bare) ? [bare] : [`${bare}/`, bare];
  return query === undefined ? forms : forms.map((form) => `${form}?${query}`);
}

function whole(scheme: string, host: string, path: string): string {
  const { href } = new URL(path, `${scheme}://${host}`);
  return href;
}

/** The list in parts of at most `size`. */
export function inParts<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, part) => items.slice(part * size, (part + 1) * size));
}
