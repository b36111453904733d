import {
  extensionOf,
  IMAGE_EXTENSIONS,
  type ResourceType,
  resourceTypeOf,
  VIDEO_EXTENSIONS,
} from './resource-type.ts';

/**
 * Cloudinary's limit for a public_id, in characters (cloudinary.com/documentation/ts_permitted_naming_conventions).
 * Ours are ASCII, so it is the same number of bytes.
 */
export const MAX_PUBLIC_ID_LENGTH = 255;

/** Where a file lives at Cloudinary. */
export interface Asset {
  publicId: string;
  resourceType: ResourceType;
  /** The extension under which the file is delivered; raw files carry theirs in the public_id. */
  format: string | undefined;
}

/** The bijection between the paths of one store and Cloudinary's public_ids. */
export interface Names {
  /** The asset of a valid path such as `2026/11/logo.png`. */
  assetOf(path: string): Asset;
  /** The path of an asset, or undefined when the public_id is not one that `assetOf` gives out. */
  pathOf(publicId: string, resourceType: ResourceType): string | undefined;
  /** Whether the public_id of a path is short enough for Cloudinary. */
  canHold(path: string): boolean;
}

/**
 * Maps `2026/11/logo.png` to `<folder>/<store>/2026/11/logo_png` and back, without any state.
 *
 * Cloudinary takes the extension of an image or video for a delivery format, not a part of its name:
 * with the extension inside the public_id, `logo.svg` and `logo.png` stay two assets.
 */
export function createNames(folder: string, store: string): Names {
  const prefix = folder === '' ? `${store}/` : `${folder}/${store}/`;

  function assetOf(path: string): Asset {
    const resourceType = resourceTypeOf(path);
    const extension = extensionOf(path);
    const named = resourceType === 'raw' ? path : path.replace(/\.([^.]+)$/, '_$1');
    return {
      publicId: prefix + named.split('/').map(escapeSegment).join('/'),
      resourceType,
      format: IMAGE_EXTENSIONS.get(extension) ?? VIDEO_EXTENSIONS.get(extension),
    };
  }

  function pathOf(publicId: string, resourceType: ResourceType): string | undefined {
    if (!publicId.startsWith(prefix)) return undefined;
    const named = publicId.slice(prefix.length).split('/').map(unescapeSegment).join('/');
    const path = resourceType === 'raw' ? named : named.replace(/_([^_]+)$/, '.$1');
    const asset = assetOf(path);
    return asset.publicId === publicId && asset.resourceType === resourceType ? path : undefined;
  }

  function canHold(path: string): boolean {
    // A public_id is never shorter than its path, and what a visitor asks for may have 16 kB.
    if (prefix.length + path.length > MAX_PUBLIC_ID_LENGTH) return false;
    return assetOf(path).publicId.length <= MAX_PUBLIC_ID_LENGTH;
  }

  return { assetOf, pathOf, canHold };
}

/**
 * Cloudinary refuses `? & # \ % < > +` in a public_id and takes a folder `v12` for a version. Names
 * that Ghost makes hold none of this; whatever else a path may hold is written as `~` and hex bytes.
 */
function escapeSegment(segment: string): string {
  const escaped = segment.replace(/[^\w.@-]/gu, escapeBytes);
  return /^v\d+$/.test(escaped) ? escapeBytes('v') + escaped.slice(1) : escaped;
}

function escapeBytes(text: string): string {
  return [...Buffer.from(text)].map((byte) => `~${byte.toString(16).padStart(2, '0')}`).join('');
}

function unescapeSegment(segment: string): string {
  return segment.replace(/(?:~[0-9a-f]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('~', ''), 'hex').toString(),
  );
}
