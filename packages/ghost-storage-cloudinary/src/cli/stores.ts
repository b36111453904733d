import { join } from 'node:path';
import { asBlock, at, type Block, type GhostSettings } from '@prosora/service/ghost';
import { AdminApi } from '../cloudinary/admin-api.ts';
import { Cloudinary } from '../cloudinary/cloudinary.ts';
import { createNames, type Names } from '../cloudinary/names.ts';
import type { AssetUrls } from '../config/asset-urls.ts';
import { parseConfig } from '../config/parse-config.ts';
import type { StorageOptions } from '../options.ts';
import { createDeliveryUrls, type DeliveryUrls } from '../serve/delivery-url.ts';
import { LocalFiles } from '../serve/local-files.ts';
import { createUploadDetails, type UploadDetails } from '../store/upload-details.ts';

export const STORES = ['images', 'media', 'files'] as const;

/** One of Ghost's three stores. */
export type StoreName = (typeof STORES)[number];

/** A store as the command works with it. */
export interface Store {
  name: StoreName;
  options: StorageOptions;
  names: Names;
  local: LocalFiles;
  urls: DeliveryUrls;
  cloudinary: Cloudinary;
  admin: AdminApi;
  detailsOf: UploadDetails;
  /** What every public_id of the store begins with. */
  idPrefix: string;
}

/** The name of the adapter under which its block stands in Ghost's config; undefined when it has none. */
export function adapterName({ config }: GhostSettings): string | undefined {
  const active = at(config, 'storage', 'active') ?? at(config, 'adapters', 'storage', 'active');
  const blocks = { ...asBlock(at(config, 'adapters', 'storage')), ...asBlock(config['storage']) };
  const isOurs = (name: string) =>
    'cloudName' in asBlock(blocks[name]) ||
    'cloudinaryUrl' in asBlock(blocks[name]) ||
    /cloudinary/i.test(name);
  if (typeof active === 'string' && isOurs(active)) return active;
  return Object.keys(blocks).find((name) => isOurs(name) && typeof blocks[name] === 'object');
}

/** The adapter's block for a store, put together as Ghost does it (adapter-manager/utils.js). */
export function blockOf({ config }: GhostSettings, adapter: string | undefined, store: StoreName) {
  const all = { ...asBlock(at(config, 'adapters', 'storage')), ...asBlock(config['storage']) };
  const { adapter: _adapter, ...feature } = asBlock(all[store]);
  const block: Block = adapter === undefined ? {} : asBlock(all[adapter]);
  return { ...block, ...feature };
}

/** Whether Ghost gives a store to the adapter by name. */
export function isGivenTo({ config }: GhostSettings, adapter: string, store: StoreName): boolean {
  const feature = at(config, 'storage', store);
  return feature === adapter || asBlock(feature)['adapter'] === adapter;
}

/**
 * Opens a store for work. With Ghost's `urls` it is held against those, as in a Ghost.
 *
 * @throws StorageError STORAGE_CONFIG_INVALID
 */
export function openStore(ghost: GhostSettings, name: StoreName, ghostUrls?: AssetUrls): Store {
  const block = { ...blockOf(ghost, adapterName(ghost), name), store: name };
  const options = parseConfig(block, ghost.env, ghostUrls);
  const names = createNames(options.folder, name);
  const urls = createDeliveryUrls(options);
  return {
    name,
    options,
    names,
    urls,
    detailsOf: createUploadDetails(options, names, urls),
    local: new LocalFiles(join(options.contentPath ?? ghost.contentPath, name)),
    cloudinary: new Cloudinary(options),
    admin: new AdminApi(options),
    idPrefix: options.folder === '' ? `${name}/` : `${options.folder}/${name}/`,
  };
}
