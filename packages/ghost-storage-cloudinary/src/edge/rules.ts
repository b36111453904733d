import {
  IMAGE_EXTENSIONS as IMAGES,
  VIDEO_EXTENSIONS as VIDEOS,
} from '../cloudinary/resource-type.ts';
import { StorageError } from '../errors.ts';
import type { StorageOptions } from '../options.ts';
import { GHOST_SIZES, isTransformable, SIZE_PATTERN } from '../serve/sizes.ts';

const SIZE = new RegExp(`^${SIZE_PATTERN}$`);

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
  /** The DNS server that nginx asks for Cloudinary's address: nginx knows no other. */
  resolver: string;
}

/** Extensions in the two ways in which an edge looks for them, each with the one under which it is delivered. */
export const IMAGE_EXTENSIONS = inBothCases(IMAGES);
export const VIDEO_EXTENSIONS = inBothCases(VIDEOS);

/** Those that are never given another size: an icon at all, a vector unless it changes its format. */
export const NOT_RESIZED = fixedAs('png');
export const NOT_RESIZED_AS_IS = fixedAs(undefined);

/**
 * A path that needs no escape in a public_id, as Ghost's own names are, without its extension. What
 * else there is goes to the site, whose redirect knows every rule: a folder that begins with `v` might
 * be one like `v12`.
 */
export const PLAIN_STEM = '(?:[A-Za-uw-z0-9_@-][A-Za-z0-9_.@-]*/)*[A-Za-z0-9_@-][A-Za-z0-9_.@-]*';

function inBothCases(extensions: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...extensions].flatMap(([extension, delivered]): [string, string][] => [
      [extension, delivered],
      [extension.toUpperCase(), delivered],
    ]),
  );
}

function fixedAs(format: string | undefined): ReadonlySet<string> {
  const extensions = [...IMAGE_EXTENSIONS.keys()];
  return new Set(extensions.filter((extension) => !isTransformable(`a.${extension}`, format)));
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
  /** See {@link EdgeRules.resolver}; a public one by default. */
  resolver?: string | undefined;
}

/** Puts the rules together. @throws StorageError EDGE_URL_MISSING */
export function edgeRules({
  options,
  siteUrl,
  edgeUrl,
  themeSizes = [],
  resolver = '1.1.1.1',
}: EdgeOptions): EdgeRules {
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
    // A theme may name what Ghost itself makes nothing of.
    const [, width, height] = SIZE.exec(size) ?? [];
    if (!width && !height) continue;
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
    resolver,
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
