import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Store } from './stores.ts';

/** A file of a store in Ghost's content folder. */
export interface LocalFile {
  store: Store;
  /** Within the store, as in its URL. */
  path: string;
  absolute: string;
  bytes: number;
  modifiedMs: number;
}

/**
 * Every file of the stores, by store and then by name. Sizes that Ghost made, hidden files and the
 * README that Ghost puts into its empty folders are left out.
 */
export async function scanLocal(stores: readonly Store[]): Promise<LocalFile[]> {
  const found: LocalFile[] = [];
  for (const store of stores) {
    const entries = await readdir(store.local.root, { recursive: true, withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      },
    );
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(store.local.root.length + 1))
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => isContent(store, path))
      .sort();
    for (const path of paths) {
      const absolute = join(store.local.root, path);
      const { size, mtimeMs } = await stat(absolute);
      found.push({ store, path, absolute, bytes: size, modifiedMs: Math.round(mtimeMs) });
    }
  }
  return found;
}

function isContent({ name }: Store, path: string): boolean {
  if (path.split('/').some((part) => part.startsWith('.'))) return false;
  if (name === 'images' && path.startsWith('size/')) return false;
  return posix.dirname(path) !== '.' || path !== 'README.md';
}
