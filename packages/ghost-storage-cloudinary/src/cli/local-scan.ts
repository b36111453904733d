import { readdir, realpath, stat } from 'node:fs/promises';
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
 * Every file of the stores, by store and then by name. Symbolic links are followed, as `serve` does.
 * Sizes that Ghost made, hidden files and the README that Ghost puts into its empty folders are left out.
 */
export async function scanLocal(stores: readonly Store[]): Promise<LocalFile[]> {
  const found: LocalFile[] = [];
  for (const store of stores) {
    const files: LocalFile[] = [];
    for await (const file of filesBelow(store, '', new Set())) files.push(file);
    found.push(...files.sort((a, b) => (a.path < b.path ? -1 : 1)));
  }
  return found;
}

/** @param above the real paths of the folders on the way here, so that a link to one of them ends. */
async function* filesBelow(
  store: Store,
  folder: string,
  above: ReadonlySet<string>,
): AsyncGenerator<LocalFile> {
  const here = await unlessAbsent(realpath(join(store.local.root, folder)));
  if (here === undefined || above.has(here)) return;
  const way = new Set(above).add(here);
  for (const name of await readdir(here)) {
    const path = posix.join(folder, name);
    if (!isContent(store, path)) continue;
    const absolute = join(store.local.root, path);
    // Nothing is behind a broken link, for readers too.
    const found = await unlessAbsent(stat(absolute));
    if (found?.isDirectory()) yield* filesBelow(store, path, way);
    if (!found?.isFile()) continue;
    yield { store, path, absolute, bytes: found.size, modifiedMs: Math.round(found.mtimeMs) };
  }
}

async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isContent({ name }: Store, path: string): boolean {
  if (posix.basename(path).startsWith('.')) return false;
  return path !== 'README.md' && !(name === 'images' && path === 'size');
}
