import { posix } from 'node:path';

/** Cloudinary's three kinds of asset; audio belongs to `video`. */
export type ResourceType = 'image' | 'video' | 'raw';

/**
 * The extensions that Cloudinary stores as images, each with the one under which they are delivered
 * unchanged: `jpeg` is stored as `jpg`, and another name would mean a conversion.
 *
 * `.svgz`, PDF and what Ghost only takes as a file to download (HEIC, AVIF) are not among them, so that
 * their bytes stay exactly what was uploaded.
 */
export const IMAGE_EXTENSIONS = extensions('jpg jpeg=jpg png gif webp svg ico bmp tif tiff');

/** Ghost's media formats (Ghost: core/shared/config/overrides.json, `uploads.media`) and close kin. */
export const VIDEO_EXTENSIONS = extensions('mp4 webm ogv mov mp3 wav ogg m4a aac flac');

function extensions(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(' ').map((word) => {
      const [extension = '', delivered = extension] = word.split('=');
      return [extension, delivered];
    }),
  );
}

/** A path's extension in lower case without its dot; empty where there is none. */
export function extensionOf(path: string): string {
  return posix.extname(path).slice(1).toLowerCase();
}

/** A file's resource type by its extension: a video's thumbnail in the media store is an image. */
export function resourceTypeOf(path: string): ResourceType {
  const extension = extensionOf(path);
  if (IMAGE_EXTENSIONS.has(extension)) return 'image';
  return VIDEO_EXTENSIONS.has(extension) ? 'video' : 'raw';
}
