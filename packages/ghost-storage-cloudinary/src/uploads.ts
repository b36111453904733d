import type { StorageFile } from 'ghost-storage-base';
import type { Cloudinary, UploadOptions } from './cloudinary.ts';
import { StorageError } from './errors.ts';
import type { LocalFiles } from './local-files.ts';
import { type Names, type NumberedPath, numberedPaths } from './names.ts';
import { Reservations } from './reservations.ts';
import { openSourceFile, type SourceFile } from './source-file.ts';

export interface UploadsOptions extends Omit<UploadOptions, 'overwrite'> {
  cloudinary: Cloudinary;
  local: LocalFiles;
  names: Names;
  /** Makes a file name safe for a URL. */
  sanitise: (name: string) => string;
}

/** Past this number of a name something is wrong, and not with the name. */
const MAX_NUMBER = 2 ** 20;

/** Puts files under names that are free: in this process, in the local folder, at Cloudinary. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #reservations = new Reservations();
  /** What `promise` gave out, by the file that `store` will be called with. */
  readonly #promised = new WeakMap<StorageFile, string>();

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /**
   * Stores a file under its promised path, else under the first free one in the folder, and returns
   * the path. One call to Cloudinary unless another process took the name; the same bytes under the
   * same name are stored once.
   *
   * @throws StorageError NO_FREE_NAME, UPLOAD_UNREADABLE
   */
  async store(file: StorageFile, folder: string): Promise<string> {
    const source = await openSourceFile(file.path);
    const promised = this.#promised.get(file);
    if (promised !== undefined) {
      if (await this.#create(promised, source)) return promised;
      throw noFreeName(file);
    }
    const pathOf = this.#pathsOf(file, folder);
    let number = 0;
    for (;;) {
      while (!this.#reservations.claim(pathOf(number), source.md5)) number += 1;
      if (await this.#create(pathOf(number), source)) return pathOf(number);
      number = await this.#freeNumber(pathOf, number, file);
    }
  }

  /** Finds a free path and keeps it for this file. @throws StorageError NO_FREE_NAME */
  async promise(file: StorageFile, folder: string): Promise<string> {
    const pathOf = this.#pathsOf(file, folder);
    let number = 0;
    while ((await this.isTaken(pathOf(number))) || !this.#reservations.claim(pathOf(number))) {
      number = await this.#freeNumber(pathOf, number, file);
    }
    this.#promised.set(file, pathOf(number));
    return pathOf(number);
  }

  /** Stores bytes under a path, in place of what is there. */
  async replace(path: string, bytes: Buffer): Promise<void> {
    const { etag } = await this.#upload(path, new Blob([new Uint8Array(bytes)]), true);
    this.#reservations.settle(path, etag);
  }

  /** Whether a file is stored under a path, here or at Cloudinary. */
  async isTaken(path: string): Promise<boolean> {
    if (this.isKnown(path) || this.#options.local.has(path)) return true;
    return this.#options.cloudinary.exists(this.#options.names.assetOf(path));
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
  async #create(path: string, { blob, md5 }: SourceFile): Promise<boolean> {
    try {
      if (this.#options.local.has(path)) return false;
      const stored = await this.#upload(path, blob, false);
      this.#reservations.settle(path, stored.etag);
      return !stored.existing || (stored.bytes === blob.size && stored.etag === md5);
    } finally {
      if (!this.isKnown(path)) this.#reservations.release(path);
    }
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

  #upload(path: string, blob: Blob, overwrite: boolean) {
    const { cloudinary, names, assetFolder, tags } = this.#options;
    return cloudinary.upload(names.assetOf(path), blob, { overwrite, assetFolder, tags });
  }

  #pathsOf(file: StorageFile, folder: string): NumberedPath {
    return numberedPaths(this.#options.names, folder, file.name, this.#options.sanitise);
  }
}

function noFreeName(file: StorageFile): StorageError {
  return new StorageError(
    'InternalServerError',
    'NO_FREE_NAME',
    `Every name that ${file.name} could get is taken.`,
    { help: 'Rename the file and upload it again.' },
  );
}
