import { posix } from 'node:path';
import { MAX_PUBLIC_ID_LENGTH, type Names } from '../cloudinary/names.ts';

/** The path that a file gets for a number: 0 is its own name, `cat.jpg`, 1 is `cat-1.jpg`. */
export type NumberedPath = (number: number) => string;

/**
 * The paths that a file may get in a folder.
 *
 * Sanitised as Ghost does it (ghost-storage-base: `getUniqueFileName`); a stem that would make the
 * public_id too long is cut.
 */
export function numberedPaths(
  names: Names,
  folder: string,
  fileName: string,
  sanitise: (name: string) => string,
): NumberedPath {
  const pathWith = pathsBySuffix(names, folder, fileName, sanitise);
  return (number) => pathWith(number === 0 ? '' : `-${number}`);
}

/** The one path of given bytes, `cat-9e107d9d372bb682.jpg`; a name that ends so already stays. */
export function hashedPath(
  names: Names,
  folder: string,
  fileName: string,
  sanitise: (name: string) => string,
  hash: string,
): string {
  const suffix = `-${hash.slice(0, HASH_LENGTH)}`;
  const pathWith = pathsBySuffix(names, folder, fileName, sanitise);
  return pathWith(fileName.replace(/\.[^.]*$/, '').endsWith(suffix) ? '' : suffix);
}

/** Hex digits of a hash in a name: 64 bits. */
const HASH_LENGTH = 16;

function pathsBySuffix(
  names: Names,
  folder: string,
  fileName: string,
  sanitise: (name: string) => string,
): (suffix: string) => string {
  const base = posix.basename(fileName.replaceAll('\\', '/'));
  // A name such as `notes.2` ends in a number, not in an extension.
  const extension = /\.\d+$/.test(base) ? '' : posix.extname(base);
  const stem = sanitise(posix.basename(base, extension));
  return (suffix) => {
    const ending = suffix + sanitise(extension);
    const path = posix.join(folder, stem + ending);
    const excess = names.assetOf(path).publicId.length - MAX_PUBLIC_ID_LENGTH;
    return excess > 0 ? posix.join(folder, stem.slice(0, -excess) + ending) : path;
  };
}

/** `cat.jpg` for `cat_o.jpg`, `cat-1.jpg` for `cat-1_o.jpg` and its older form `cat_o-1.jpg`. */
export function imageOfOriginal(path: string): string | undefined {
  const image = path.replace(/_o(-\d+)?(\.\w+)$/, '$1$2');
  return image === path ? undefined : image;
}
