import { posix } from 'node:path';

/** Cloudinary's three kinds of asset; audio belongs to `video`. */
export type ResourceType = 'image' | 'video' | 'raw';

/**
 * The formats that Cloudinary stores as images and delivers unchanged under their own extension.
 * `.svgz`, PDF and what Ghost only takes as a file to download (HEIC, AVIF) are not among them, so that
 * their bytes stay exactly what was uploaded.
 */
const IMAGES = new Set('jpg jpeg png gif webp svg ico bmp tif tiff'.split(' '));

/** Ghost's media formats (Ghost: core/shared/config/overrides.json, `uploads.media`) and close kin. */
const VIDEOS = new Set('mp4 webm ogv mov mp3 wav ogg m4a aac flac'.split(' '));

/** A path's extension in lower case without its dot; empty where there is none. */
export function extensionOf(path: string): string {
  return posix.extname(path).slice(1).toLowerCase();
}

/** A file's resource type by its extension: a video's thumbnail in the media store is an image. */
export function resourceTypeOf(path: string): ResourceType {
  const extension = extensionOf(path);
  if (IMAGES.has(extension)) return 'image';
  return VIDEOS.has(extension) ? 'video' : 'raw';
}
