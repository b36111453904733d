import { posix } from 'node:path';
import type { UploadOptions } from '../cloudinary/cloudinary.ts';
import type { Names } from '../cloudinary/names.ts';
import type { StorageOptions } from '../options.ts';
import type { DeliveryUrls } from '../serve/delivery-url.ts';
import { parseSizePath } from '../serve/sizes.ts';
import { imageOfOriginal } from './file-names.ts';

/** What is said of a file when it is uploaded, by its path. */
export type UploadDetails = (path: string) => Omit<UploadOptions, 'overwrite'>;

/** Puts together what the options say: tags, the folder of the Media Library, the sizes to make at once. */
export function createUploadDetails(
  options: Pick<StorageOptions, 'store' | 'tags' | 'assetFolder' | 'folderMode' | 'eager'>,
  names: Names,
  urls: DeliveryUrls,
): UploadDetails {
  const { store, tags, assetFolder, folderMode, eager } = options;

  /** In an account with dynamic folders, the same folders as in the public_id. */
  function folderOf(publicId: string): string | undefined {
    if (folderMode !== 'dynamic') return assetFolder;
    const folder = posix.join(assetFolder ?? '', posix.dirname(publicId));
    return folder === '.' ? undefined : folder;
  }

  function eagerOf(path: string): string[] {
    if (store !== 'images' || imageOfOriginal(path) !== undefined) return [];
    return eager.flatMap((size) => {
      const sized = parseSizePath(`size/${size}/${path}`);
      return sized ? [urls.eager(names.assetOf(path), sized)] : [];
    });
  }

  return (path) => ({
    tags,
    assetFolder: folderOf(names.assetOf(path).publicId),
    eager: eagerOf(path),
  });
}
