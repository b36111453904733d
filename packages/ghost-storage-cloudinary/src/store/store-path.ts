import { isAbsolute, posix, relative, resolve } from 'node:path';
import { invalidPath } from '../errors.ts';

/**
 * The path of a file within its store, such as `2026/11/cat.jpg`, from what Ghost's callers pass:
 * a name, a name with a leading slash, a name and a folder, and either of them below `storagePath`.
 *
 * @throws StorageError PATH_INVALID when it is empty or leaves the store.
 */
export function storePath(storagePath: string, name: string, folder = ''): string {
  const base = withoutStoragePath(storagePath, folder);
  const given = posix.join('/', base, '/', withoutStoragePath(storagePath, name)).slice(1);
  const path = given.replace(/\/+$/, '');
  const climbs = `${folder}/${name}`.replaceAll('\\', '/').split('/').includes('..');
  if (path === '' || climbs || /\p{Cc}/u.test(path) || !path.isWellFormed()) {
    throw invalidPath(posix.join(folder, name));
  }
  return path;
}

/** A folder within the store, empty for its root, from what Ghost's callers pass as `targetDir`. */
export function storeFolder(storagePath: string, folder: string): string {
  const path = storePath(storagePath, 'file', folder);
  return path === 'file' ? '' : posix.dirname(path);
}

function withoutStoragePath(storagePath: string, path: string): string {
  if (!isAbsolute(path)) return path.replaceAll('\\', '/');
  const inside = relative(resolve(storagePath), path);
  return (inside.startsWith('..') ? path : inside).replaceAll('\\', '/');
}

/**
 * The path within the store that a request asks for, or undefined when it must be refused.
 *
 * Decodes once. What could mean another path to someone further down is refused rather than
 * repaired: encoded slashes, backslashes, control characters, `.` and `..`, empty segments.
 */
export function parseRequestPath(rawPath: string): string | undefined {
  if (/%2f|%5c/i.test(rawPath) || !rawPath.startsWith('/')) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(rawPath.slice(1));
  } catch {
    return undefined;
  }
  if (/[\\\p{Cc}]/u.test(path)) return undefined;
  const isPlain = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return isPlain ? path : undefined;
}
