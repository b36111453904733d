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
