import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import type { State } from '../stand-in/state.ts';
import { type Asset, type AssetKey, keyOf } from './asset.ts';

/** The assets of the cloud: records in the sandbox's state, bytes in a file each. */
export interface AssetStore {
  get(key: AssetKey): Asset | undefined;
  /** Ordered by resource type, delivery type and public_id. */
  list(): Asset[];
  /**
   * Moves a finished file into place and records the asset. Synchronous, so that nothing comes
   * between a look at what is there and the write; when it returns both are on disk.
   */
  put(asset: Omit<Asset, 'file'>, from: string): Asset;
  /** Changes the record alone. */
  update(asset: Asset): void;
  /** Gives an asset another public_id; what had that id is gone. */
  rename(asset: Asset, publicId: string): Asset;
  /** True when there was one. */
  delete(key: AssetKey): boolean;
  pathOf(asset: Asset): string;
  /** A path for a file that is being received or made; what is left there is removed at the next start. */
  scratch(): string;
  clear(): void;
  close(): void;
}

/** How long the bytes of a replaced or deleted asset stay for the downloads that are under way. */
const FAREWELL_MS = 60_000;

/** Opens the store in a folder and removes files that no record names: what a killed process left. */
export function openAssetStore({ dir, state }: { dir: string; state: State }): AssetStore {
  const assets = state.collection<Asset>('cloudinary_assets');
  const files = join(dir, 'assets');
  const scratch = join(dir, 'scratch');
  rmSync(scratch, { recursive: true, force: true });
  for (const folder of [files, scratch]) mkdirSync(folder, { recursive: true });
  sweep(files, new Set(assets.values().map((asset) => asset.file)));

  const farewells = new Set<NodeJS.Timeout>();
  const removeLater = (asset: Asset | undefined): void => {
    if (asset === undefined) return;
    const timer = setTimeout(() => {
      farewells.delete(timer);
      rmSync(join(files, asset.file), { force: true });
    }, FAREWELL_MS);
    farewells.add(timer.unref());
  };

  return {
    get: (key) => assets.get(keyOf(key)),
    list: () => assets.values(),
    put: (record, from) => {
      const asset = { ...record, file: randomUUID() };
      const replaced = assets.get(keyOf(asset));
      renameSync(from, join(files, asset.file));
      syncFolder(files);
      assets.put(keyOf(asset), asset);
      removeLater(replaced);
      return asset;
    },
    update: (asset) => assets.put(keyOf(asset), asset),
    rename: (asset, publicId) => {
      const renamed = { ...asset, publicId };
      removeLater(assets.get(keyOf(renamed)));
      state.transaction(() => {
        assets.delete(keyOf(asset));
        assets.put(keyOf(renamed), renamed);
      });
      return renamed;
    },
    delete: (key) => {
      removeLater(assets.get(keyOf(key)));
      return assets.delete(keyOf(key));
    },
    pathOf: (asset) => join(files, asset.file),
    scratch: () => join(scratch, randomUUID()),
    clear: () => {
      assets.clear();
      sweep(files, new Set());
    },
    close: () => {
      for (const timer of farewells) clearTimeout(timer);
    },
  };
}

function sweep(folder: string, keep: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    if (!keep.has(name)) rmSync(join(folder, name), { force: true });
  }
}

/** A renamed file survives a power cut only once its folder is on disk too. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
