import { StorageError } from '../errors.ts';
import type { StorageOptions } from '../options.ts';
import { GHOST_SIZES } from '../sizes.ts';

/** What an edge has to know to do for the asset host what the adapter does for the site. */
export interface EdgeRules {
  /** Origin and folder of the site, for what the edge leaves to Ghost. */
  siteUrl: string;
  /** Origin of the asset host, as in Ghost's `urls`. */
  edgeUrl: string;
  /** Where Cloudinary delivers, without a slash at its end: `https://res.cloudinary.com/demo`. */
  deliveryUrl: string;
  /** What every public_id begins with, `ghost/` or nothing. */
  idPrefix: string;
  /** Ghost's names of the sizes that may be asked for, with the transformation of each. */
  sizes: ReadonlyMap<string, string>;
  signatureAlgorithm: 'sha1' | 'sha256' | undefined;
}

/** Extensions by resource type, each with the extension under which it is delivered. */
export const IMAGE_EXTENSIONS = extensions('jpg jpeg=jpg png gif webp svg ico bmp tif tiff');
export const VIDEO_EXTENSIONS = extensions('mp4 webm ogv mov mp3 wav ogg m4a aac flac');

/** Those that are never given another size: an icon at all, a vector unless it changes its format. */
export const NOT_RESIZED = new Set(['ico', 'ICO']);
export const NOT_RESIZED_AS_IS = new Set(['ico', 'ICO', 'svg', 'SVG']);

/** Ghost's formats (@tryghost/image-transform: `canTransformToFormat`). */
export const FORMATS = ['gif', 'jpeg', 'jpg', 'png', 'webp', 'avif'] as const;

/**
 * A path that needs no escape in a public_id, as Ghost's own names are, without its extension. What
 * else there is goes to the site, whose redirect knows every rule: a folder that begins with `v` might
 * be one like `v12`.
 */
export const PLAIN_STEM = '(?:[A-Za-uw-z0-9_@-][A-Za-z0-9_.@-]*/)*[A-Za-z0-9_@-][A-Za-z0-9_.@-]*';

function extensions(text: string): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const word of text.split(' ')) {
    const [extension = '', delivered = extension] = word.split('=');
    known.set(extension, delivered).set(extension.toUpperCase(), delivered);
  }
  return known;
}

/** Alternatives of a regular expression. */
export function anyOf(words: Iterable<string>): string {
  return [...words].join('|');
}

/** Extensions without some of them. */
export function without(all: ReadonlyMap<string, string>, left: ReadonlySet<string>): string[] {
  return [...all.keys()].filter((extension) => !left.has(extension));
}

export interface EdgeOptions {
  options: StorageOptions;
  siteUrl: string;
  edgeUrl: string;
  /** Sizes of the theme, from its package.json. */
  themeSizes?: readonly string[];
}

/** Puts the rules together. @throws StorageError EDGE_URL_MISSING */
export function edgeRules({ options, siteUrl, edgeUrl, themeSizes = [] }: EdgeOptions): EdgeRules {
  for (const [name, url] of Object.entries({ '--site': siteUrl, '--edge': edgeUrl })) {
    if (URL.canParse(url)) continue;
    throw new StorageError(
      'IncorrectUsageError',
      'EDGE_URL_MISSING',
      `${name} must be a URL, such as https://img.example.com.`,
    );
  }
  const { cloudName, privateCdn, secureDistribution, folder, transformation } = options;
  const host =
    secureDistribution ??
    (privateCdn ? `https://${cloudName}-res.cloudinary.com` : 'https://res.cloudinary.com');
  const extra = transformation === '' ? '' : `/${transformation}`;
  const sizes = new Map<string, string>();
  for (const size of [...GHOST_SIZES, ...themeSizes, ...options.sizes]) {
    const [, width, height] = /^(?:w(\d+))?(?:h(\d+))?$/.exec(size) ?? [];
    const crop = width && height ? 'c_lfill' : 'c_limit';
    // In the order in which the SDK writes them: what was made under one spelling is not under another.
    const parts = [crop, height && `h_${height}`, width && `w_${width}`].filter(Boolean);
    sizes.set(size, parts.join(',') + extra);
  }
  return {
    siteUrl: siteUrl.replace(/\/+$/, ''),
    edgeUrl: edgeUrl.replace(/\/+$/, ''),
    deliveryUrl: privateCdn ? host : `${host}/${cloudName}`,
    idPrefix: folder === '' ? '' : `${folder}/`,
    sizes,
    signatureAlgorithm: options.signedUrls ? options.signatureAlgorithm : undefined,
  };
}

/** The sizes of a theme's package.json, in Ghost's words: `w600`, `w64h64`. */
export function themeSizes(manifest: unknown): string[] {
  const sizes = (manifest as { config?: { image_sizes?: unknown } } | null)?.config?.image_sizes;
  return Object.values(
    (sizes ?? {}) as Record<string, { width?: number; height?: number }>,
  ).flatMap(({ width, height }) => {
    const size = (width ? `w${width}` : '') + (height ? `h${height}` : '');
    return size === '' ? [] : [size];
  });
}

/** A proxy without a hash function cannot sign. @throws StorageError EDGE_CANNOT_SIGN */
export function refuseSigning(rules: EdgeRules, edge: string): void {
  if (rules.signatureAlgorithm === undefined) return;
  throw new StorageError(
    'IncorrectUsageError',
    'EDGE_CANNOT_SIGN',
    `${edge} cannot sign delivery URLs, and signedUrls is on. Use the Cloudflare Worker, or leave delivery at "redirect".`,
  );
}
