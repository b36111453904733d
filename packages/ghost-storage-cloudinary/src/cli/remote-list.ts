import type { ListedAsset } from '../cloudinary/admin-api.ts';
import type { Store } from './stores.ts';

const RESOURCE_TYPES = ['image', 'video', 'raw'] as const;

/** What is stored at Cloudinary under a store's folder, by {@link keyOf}. */
export async function listRemote(store: Store): Promise<Map<string, ListedAsset>> {
  const found = new Map<string, ListedAsset>();
  for (const resourceType of RESOURCE_TYPES) {
    for await (const asset of store.admin.list(resourceType, store.idPrefix)) {
      found.set(keyOf(asset), asset);
    }
  }
  return found;
}

/** An asset's name among those of all types. */
export function keyOf({ resourceType, publicId }: Pick<ListedAsset, 'resourceType' | 'publicId'>) {
  return `${resourceType}/${publicId}`;
}

/** The MD5 of an asset, asked for by itself where the list does not tell. */
export async function etagOf(store: Store, listed: ListedAsset): Promise<string | undefined> {
  if (listed.etag !== undefined) return listed.etag;
  const asset = { publicId: listed.publicId, resourceType: listed.resourceType, format: undefined };
  return (await store.cloudinary.find(asset))?.etag;
}
