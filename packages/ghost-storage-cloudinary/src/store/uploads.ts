import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import type { StorageFile } from 'ghost-storage-base';
import type { Cloudinary, StoredAsset } from '../cloudinary/cloudinary.ts';
import type { Asset, Names } from '../cloudinary/names.ts';
import type { UploadBytes } from '../cloudinary/upload-bytes.ts';
import { StorageError } from '../errors.ts';
import type { LocalFiles } from '../serve/local-files.ts';
import { hashedPath, imageOfOriginal, type NumberedPath, numberedPaths } from './file-names.ts';
import { type FreshUpload, LateWriters } from './late-writers.ts';
import type { Limit } from './limit.ts';
import { Reservations } from './reservations.ts';
import { openSourceFile, type SourceFile } from './source-file.ts';
import type { UploadDetails } from './upload-details.ts';

export interface UploadsOptions {
  cloudinary: Cloudinary;
  local: LocalFiles;
  names: Names;
  /** Makes a file name safe for a URL. */
  sanitise: (name: string) => string;
  /** `hash` puts a hash of the bytes into each name, so that no two files ever want the same. */
  naming: 'readable' | 'hash';
  detailsOf: UploadDetails;
  /**
   * How many files are worked on at once. Ghost's importer saves all of a zip in one go: each would be
   * in memory, and the last ones would time out behind the first.
   */
  limit: Limit;
  /** The delivery URL of an asset's own bytes in one version. */
  deliveryUrl: (asset: Asset, version: number | undefined) => string;
  /** Makes a file fit the plan's limits, or gives it back as it is. */
  prepare?: (file: StorageFile, source: SourceFile) => Promise<SourceFile>;
  /** Hears what a person should know and no upload can be blamed for. */
  warn?: (sentence: string) => void;
}

/** Past this number of a name something is wrong, and not with the name. */
const MAX_NUMBER = 2 ** 20;

/** Puts files under names that are free: in this process, in the local folder, at Cloudinary. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #reservations = new Reservations();
  /** What `promise` gave out, by the file that `store` will be called with. */
  readonly #promised = new WeakMap<StorageFile, string>();

  readonly #lateWriters: LateWriters;

  constructor(options: UploadsOptions) {
    this.#options = options;
    const { cloudinary, deliveryUrl, warn = () => undefined } = options;
    this.#lateWriters = new LateWriters({
      cloudinary,
      deliveredEtag: (asset, version) => cloudinary.etagOf(deliveryUrl(asset, version)),
      isOurs: (path, etag) => this.#reservations.isStored(path, etag),
      restore: (path, bytes) => this.#upload(path, bytes, true),
      warn,
    });
  }

  /**
   * Stores a file under its promised path, else under the first free one in the folder, and returns
   * the path. One call to Cloudinary unless another process took the name; the same bytes under the
   * same name are stored once.
   *
   * @throws StorageError NO_FREE_NAME, UPLOAD_UNREADABLE
   */
  store(file: StorageFile, folder: string): Promise<string> {
    return this.#options.limit(() => this.#store(file, folder));
  }

  async #store(file: StorageFile, folder: string): Promise<string> {
    const { prepare = async (_file, opened) => opened } = this.#options;
    const source = await prepare(file, await openSourceFile(file.path));
    const settled: Promise<void>[] = [];
    const promised = this.#promised.get(file);
    const only = promised === undefined ? this.#hashedPaths(file, folder, source.md5) : [promised];
    for (const path of only) if (await this.#create(path, source, settled)) return path;
    if (only.length > 0) throw noFreeName(file);
    const pathOf = this.#pathsOf(file, folder);
    let number = 0;
    for (;;) {
      while (!this.#reservations.claim(pathOf(number), source.md5)) number += 1;
      if (await this.#create(pathOf(number), source, settled)) break;
      number = await this.#freeNumber(pathOf, number, file);
    }
    // Whoever is told of our file may look at the other one too.
    await Promise.all(settled);
    return pathOf(number);
  }

  /** Finds a free path and keeps it for this file. @throws StorageError NO_FREE_NAME */
  async promise(file: StorageFile, folder: string): Promise<string> {
    const path = await this.#options.limit(() => this.#pathToPromise(file, folder));
    this.#promised.set(file, path);
    return path;
  }

  async #pathToPromise(file: StorageFile, folder: string): Promise<string> {
    if (this.#options.naming === 'hash') {
      // The media inliner asks with a name alone, before there is a file.
      const hash = file.path ? (await openSourceFile(file.path)).md5 : randomHash();
      for (const path of this.#hashedPaths(file, folder, hash)) {
        if (!(await this.isTaken(path)) && this.#reservations.claim(path)) return path;
      }
      // These bytes are there. They get a name of their own, since an import that fails deletes what
      // it saved (Ghost: importers/content-file-importer.js, `rollback`).
      return this.#hashedPathOf(file, folder, randomHash());
    }
    const pathOf = this.#pathsOf(file, folder);
    let number = 0;
    while ((await this.isTaken(pathOf(number))) || !this.#reservations.claim(pathOf(number))) {
      number = await this.#freeNumber(pathOf, number, file);
    }
    return pathOf(number);
  }

  /** Stores bytes under a path, in place of what is there. */
  async replace(path: string, bytes: Buffer): Promise<void> {
    const blob = new Blob([new Uint8Array(bytes)]);
    this.#reservations.hold(path);
    try {
      const { etag } = await this.#upload(path, blob, true);
      this.#reservations.settle(path, etag);
    } finally {
      if (!this.isKnown(path)) this.#reservations.release(path);
    }
  }

  /** Whether a file is stored under a path, here or at Cloudinary. */
  async isTaken(path: string): Promise<boolean> {
    if (this.isKnown(path) || this.#options.local.has(path)) return true;
    const asset = this.#options.names.assetOf(path);
    return (await this.#options.cloudinary.find(asset)) !== undefined;
  }

  /** Whether this process stored or met a file under the path and has not removed it since. */
  isKnown(path: string): boolean {
    return this.#reservations.isStored(path);
  }

  /** Removes a file here and at Cloudinary; an absent one counts as removed. */
  async remove(path: string): Promise<void> {
    await this.#options.local.remove(path);
    await this.#options.cloudinary.destroy(this.#options.names.assetOf(path));
    this.#reservations.release(path);
  }

  /** Stores a file under a claimed path; false when other bytes are there already. */
  async #create(path: string, source: SourceFile, settled: Promise<void>[]): Promise<boolean> {
    const { bytes, md5 } = source;
    const asset = this.#options.names.assetOf(path);
    try {
      // With the hash in its name, a file that lies here has the same bytes.
      if (this.#options.local.has(path)) return this.#options.naming === 'hash';
      const stored = await this.#upload(path, bytes, false);
      this.#reservations.settle(path, stored.etag);
      if (stored.existing) return stored.bytes === bytes.size && stored.etag === md5;
      if (this.#options.naming === 'hash') return true;
      return await this.#keepApart({ asset, path, source, stored }, settled);
    } finally {
      if (!this.isKnown(path)) this.#reservations.release(path);
    }
  }

  /** False when the upload took the place of another one, whose owner then puts it back. */
  async #keepApart(upload: FreshUpload, settled: Promise<void>[]): Promise<boolean> {
    if (!upload.stored.overwritten) {
      await this.#lateWriters.watch(upload);
      return true;
    }
    const restored = this.#lateWriters.waitForOwner(upload.asset, upload.stored);
    // Awaited by `store`, once the file has a name of its own.
    restored.catch(() => undefined);
    settled.push(restored);
    return false;
  }

  /**
   * The number of a free path after one that is taken. Looks in doubling steps and then between, so
   * that the 300th `image.jpg` of a month costs some 17 small calls and not 300 uploads.
   */
  async #freeNumber(pathOf: NumberedPath, number: number, file: StorageFile): Promise<number> {
    let taken = number;
    let step = 1;
    while (await this.#isUnavailable(pathOf(taken + step))) {
      taken += step;
      step *= 2;
      if (taken > MAX_NUMBER) throw noFreeName(file);
    }
    let free = taken + step;
    while (free - taken > 1) {
      const middle = Math.floor((taken + free) / 2);
      if (await this.#isUnavailable(pathOf(middle))) taken = middle;
      else free = middle;
    }
    return free;
  }

  async #isUnavailable(path: string): Promise<boolean> {
    return this.#reservations.isHeld(path) || (await this.isTaken(path));
  }

  #upload(path: string, bytes: UploadBytes, overwrite: boolean): Promise<StoredAsset> {
    const { cloudinary, names, detailsOf } = this.#options;
    return cloudinary.upload(names.assetOf(path), bytes, { overwrite, ...detailsOf(path) });
  }

  /** The paths that follow from the bytes, the best first; none when names are numbered. */
  #hashedPaths(file: StorageFile, folder: string, hash: string): string[] {
    if (this.#options.naming !== 'hash') return [];
    const own = this.#hashedPathOf(file, folder, hash);
    const image = imageOfOriginal(file.name);
    // The original of an image keeps the image's name, by which Ghost would look for it. Other bytes
    // may have it: two photos that differ in their metadata alone are one image once it is made smaller.
    return image !== undefined && this.isKnown(posix.join(folder, image))
      ? [posix.join(folder, file.name), own]
      : [own];
  }

  #hashedPathOf(file: StorageFile, folder: string, hash: string): string {
    return hashedPath(this.#options.names, folder, file.name, this.#options.sanitise, hash);
  }

  #pathsOf(file: StorageFile, folder: string): NumberedPath {
    return numberedPaths(this.#options.names, folder, file.name, this.#options.sanitise);
  }
}

function randomHash(): string {
  return randomBytes(16).toString('hex');
}

function noFreeName(file: StorageFile): StorageError {
  return new StorageError(
    'InternalServerError',
    'NO_FREE_NAME',
    `Every name that ${file.name} could get is taken.`,
    { help: 'Rename the file and upload it again.' },
  );
}
