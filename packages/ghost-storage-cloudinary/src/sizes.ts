import { extensionOf, resourceTypeOf } from './resource-type.ts';

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
const FORMATS = new Set(['gif', 'jpeg', 'jpg', 'png', 'webp', 'avif']);

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
 * only thing between a visitor and the transformations of the account: sizes have at most four
 * digits and no leading zero, `.ico` is never transformed and `.svg` only into another format.
 */
export function parseSizePath(path: string): SizedImage | undefined {
  const match =
    /^size\/(?=[wh])(?:w([1-9]\d{0,3}))?(?:h([1-9]\d{0,3}))?\/(?:format\/([^./]+)\/)?(.*[^/])$/s.exec(
      path,
    );
  if (!match) return undefined;
  const [, width, height, format, image = ''] = match;
  if (format !== undefined && !FORMATS.has(format)) return undefined;
  if (isSizePath(image) || !isTransformable(image, format)) return undefined;
  return {
    path: image,
    ...(width !== undefined && { width: Number(width) }),
    ...(height !== undefined && { height: Number(height) }),
    ...(format !== undefined && { format }),
  };
}

function isTransformable(path: string, format: string | undefined): boolean {
  const extension = extensionOf(path);
  if (resourceTypeOf(path) !== 'image' || extension === 'ico') return false;
  return extension !== 'svg' || format !== undefined;
}
