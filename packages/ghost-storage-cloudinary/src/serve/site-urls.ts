import type { Names } from '../cloudinary/names.ts';
import { StorageError } from '../errors.ts';
import { parseRequestPath } from './request-path.ts';

/** The URLs that Ghost keeps for the files of one store. */
export interface SiteUrls {
  /** `/blog/content/images/2026/11/cat.jpg`, as Ghost's own storage returns it. */
  urlOf(path: string): string;
  /** The path behind a URL of this site, of its asset host, or of Cloudinary. @throws StorageError URL_INVALID */
  pathOf(url: string): string;
}

export interface SiteUrlsOptions {
  /** Ghost's `url`, for the folder in it. */
  siteUrl: string | undefined;
  /** Ghost's `urls` entry for this store, for the folder in it. */
  assetUrl?: string | undefined;
  /** Such as `content/images`. */
  prefix: string;
  names: Names;
}

/** @throws TypeError when `siteUrl` or `assetUrl` is no URL; options and Ghost see to that. */
export function createSiteUrls({ siteUrl, assetUrl, prefix, names }: SiteUrlsOptions): SiteUrls {
  const folder = folderOf(siteUrl);
  const bases = new Set([folder, folderOf(assetUrl), ''].map((base) => `${base}/${prefix}`));

  function pathOf(url: string): string {
    // What Ghost keeps in its database stands for the site's URL, folder included.
    const pathname = URL.parse(url.replace(/^__GHOST_URL__/, ''), 'http://site')?.pathname ?? '';
    for (const base of bases) {
      const path = pathname.startsWith(`${base}/`) && parseRequestPath(pathname.slice(base.length));
      if (path) return path;
    }
    const path = pathOfDelivery(pathname, names);
    if (path !== undefined) return path;
    throw new StorageError(
      'IncorrectUsageError',
      'URL_INVALID',
      `The URL "${url}" is not the URL of a file in ${prefix}.`,
    );
  }

  return { urlOf: (path) => `${folder}/${prefix}/${path}`, pathOf };
}

function folderOf(url: string | undefined): string {
  return url ? new URL(url).pathname.replace(/\/+$/, '') : '';
}

/** The path of an asset from its delivery URL, whatever transformations stand in it. */
function pathOfDelivery(pathname: string, names: Names): string | undefined {
  const match = /\/(image|video|raw)\/upload\/(?:.*\/)?v\d+\/(.+)$/.exec(pathname);
  const [, resourceType, encoded = ''] = match ?? [];
  const named = parseRequestPath(`/${encoded}`);
  if (named === undefined) return undefined;
  if (resourceType === 'raw') return names.pathOf(named, 'raw');
  const publicId = named.replace(/\.[^./]*$/, '');
  return names.pathOf(publicId, resourceType === 'image' ? 'image' : 'video');
}
