import { posix } from 'node:path';
import { extensionOf, resourceTypeOf } from '../cloudinary/resource-type.ts';

/** What Ghost asks of an image under `/size/w600h400/format/webp/2026/11/cat.jpg`. */
export interface SizedImage {
  /** Path of the image itself. */
  path: string;
  /** Pixels; at least one of the two is given. */
  width?: number;
  height?: number;
  /** The format to convert to; the image's own when absent. */
  format?: string;
}

/** Ghost's list (@tryghost/image-transform: `canTransformToFormat`). */
export const FORMATS: readonly string[] = ['gif', 'jpeg', 'jpg', 'png', 'webp', 'avif'];

/**
 * Ghost's name of a size as a regular expression, width and height its groups: `w600`, `h100`,
 * `w64h64`. At most four digits and no leading zero.
 */
export const SIZE_PATTERN = String.raw`(?=[wh])(?:w([1-9]\d{0,3}))?(?:h([1-9]\d{0,3}))?`;

const SIZE_PATH = new RegExp(
  String.raw`^size\/${SIZE_PATTERN}\/(?:format\/(${FORMATS.join('|')})\/)?(.*[^/])$`,
  's',
);

/** Whether a request path is in Ghost's folder of sizes, well formed or not. */
export function isSizePath(path: string): boolean {
  return path.startsWith('size/');
}

/** The path of the image behind a size path, however wrong its size is. */
export function imageOfSizePath(path: string): string {
  return path.replace(/^size\/[^/]+\/(format\/[^./]+\/)?/, '');
}

/**
 * Reads a size path without its leading slash; undefined when it is not one that Ghost makes.
 *
 * Ghost's own allow-list of sizes can be passed by (no extension, a trailing slash), so this is the
 * only thing between a visitor and the transformations of the account: `.ico` is never transformed and
 * `.svg` only into another format.
 */
export function parseSizePath(path: string): SizedImage | undefined {
  const match = SIZE_PATH.exec(path);
  if (!match) return undefined;
  const [, width, height, format, image = ''] = match;
  if (image.startsWith('format/') || isSizePath(image) || !isTransformable(image, format))
    return undefined;
  return {
    path: image,
    ...(width !== undefined && { width: Number(width) }),
    ...(height !== undefined && { height: Number(height) }),
    ...(format !== undefined && { format }),
  };
}

/** Whether an image may be given another size or format: never an icon, and a vector only as another format. */
export function isTransformable(path: string, format: string | undefined): boolean {
  const extension = extensionOf(path);
  if (resourceTypeOf(path) !== 'image' || extension === 'ico') return false;
  return extension !== 'svg' || format !== undefined;
}

/** Ghost's own sizes (Ghost 6.65: core/shared/config/overrides.json, `imageOptimization`). */
export const GHOST_SIZES: readonly string[] = [
  ...['w600', 'w1000', 'w1600', 'w2400', 'w1200'],
  ...['w256h256', 'w192h192', 'w64h64', 'w200h200', 'w1200h960'],
];

/** Whether a size path asks for one of the listed sizes. */
export function hasListedSize(path: string, listed: ReadonlySet<string>): boolean {
  return listed.has(path.split('/')[1] ?? '');
}

/**
 * Whether Ghost compared the size in a request with its configuration and the theme's, so that what
 * reaches `serve` is one of those.
 *
 * It does not for a URL that ends in a slash or has no extension, query included, or that writes
 * `size` in another way: `…/size/w77/cat.jpg?/` (Ghost 6.65: middleware/handle-image-sizes.js).
 */
export function isCheckedByGhost(url: string): boolean {
  return /^\/size\/[^/]+\//.test(url) && !url.endsWith('/') && posix.parse(url).ext !== '';
}
