import { join, posix, resolve } from 'node:path';
import type { RequestHandler } from 'express';
import { type ReadOptions, StorageBase, type StorageFile } from 'ghost-storage-base';
import { Cloudinary } from './cloudinary/cloudinary.ts';
import { createNames, type Names } from './cloudinary/names.ts';
import { extensionOf } from './cloudinary/resource-type.ts';
import { URL_KEY_OF } from './config/asset-urls.ts';
import { parseConfig } from './config/parse-config.ts';
import { readRunningGhost } from './config/running-ghost.ts';
import { fileNotFound, hasCode } from './errors.ts';
import type { StorageOptions } from './options.ts';
import { createDeliveryUrls, type DeliveryUrls } from './serve/delivery-url.ts';
import { LocalFiles } from './serve/local-files.ts';
import { remember } from './serve/remember.ts';
import { parseRequestPath } from './serve/request-path.ts';
import { createServe } from './serve/serve.ts';
import { createSiteUrls, type SiteUrls } from './serve/site-urls.ts';
import {
  GHOST_SIZES,
  hasListedSize,
  imageOfSizePath,
  isCheckedByGhost,
  isSizePath,
  isTransformable,
  parseSizePath,
  type SizedImage,
} from './serve/sizes.ts';
import { imageOfOriginal } from './store/file-names.ts';
import { createLimit } from './store/limit.ts';
import { createShrink } from './store/shrink.ts';
import { storeFolder, storePath } from './store/store-path.ts';
import { createUploadDetails } from './store/upload-details.ts';
import { Uploads } from './store/uploads.ts';

/** Of all three stores together, in one Ghost process. */
const uploadLimit = createLimit(8);

/**
 * Ghost's storage adapter for Cloudinary, one instance a store.
 *
 * Ghost keeps URLs of the site; `serve` redirects them to Cloudinary, and the sizes of Ghost's
 * srcset to transformations. Files in Ghost's content folder go first, as they are.
 */
export class CloudinaryStorage extends StorageBase {
  /** Where the store's URLs begin, without slashes at its ends; Ghost's importer reads it. */
  readonly staticFileURLPrefix: string;
  readonly #options: StorageOptions;
  readonly #local: LocalFiles;
  readonly #names: Names;
  readonly #siteUrls: SiteUrls;
  readonly #deliveryUrls: DeliveryUrls;
  readonly #cloudinary: Cloudinary;
  readonly #uploads: Uploads;
  readonly #sizes: ReadonlySet<string>;
  readonly #isGhost: boolean;

  /** Called by Ghost at boot. @throws StorageError STORAGE_CONFIG_INVALID with every problem at once */
  static validate(config: unknown): void {
    parseConfig(config);
  }

  /** @param config the adapter's block in Ghost's config. @throws StorageError STORAGE_CONFIG_INVALID */
  constructor(config?: unknown) {
    super();
    const options = parseConfig(config);
    const ghost = readRunningGhost();
    const contentPath = options.contentPath ?? ghost?.contentPath ?? 'content';
    const prefix = `content/${options.store}`;
    this.#options = options;
    this.#local = new LocalFiles(resolve(contentPath, options.store));
    this.storagePath = this.#local.root;
    this.staticFileURLPrefix = prefix;
    this.#names = createNames(options.folder, options.store);
    this.#siteUrls = createSiteUrls({
      siteUrl: options.siteUrl ?? ghost?.siteUrl,
      assetUrl: ghost?.urls[URL_KEY_OF[options.store]],
      prefix,
      names: this.#names,
    });
    this.#deliveryUrls = createDeliveryUrls(options);
    this.#cloudinary = new Cloudinary(options);
    this.#sizes = new Set([...GHOST_SIZES, ...options.sizes]);
    this.#isGhost = ghost !== undefined;
    this.#uploads = new Uploads({
      ...options,
      cloudinary: this.#cloudinary,
      local: this.#local,
      names: this.#names,
      limit: uploadLimit,
      sanitise: (name) => this.getSanitizedFileName(name),
      detailsOf: createUploadDetails(options, this.#names, this.#deliveryUrls),
      deliveryUrl: (asset, version) => this.#deliveryUrls.original(asset, version),
      prepare: createShrink(options),
      // Ghost keeps what is written here in its log.
      warn: (sentence) => process.emitWarning(sentence, 'CloudinaryStorageWarning'),
    });
  }

  /** Stores an uploaded file under the first free name and returns its site URL. */
  async save(file: StorageFile, targetDir?: string): Promise<string> {
    const folder = storeFolder(this.storagePath, targetDir ?? this.getTargetDir());
    if (targetDir !== undefined && this.#isSkippedOriginal(file, folder)) {
      return this.#urlOf(posix.join(folder, file.name));
    }
    return this.#urlOf(await this.#uploads.store(file, folder));
  }

  /** Stores bytes under a given path, in place of what is there; sizes of a local image stay local. */
  async saveRaw(buffer: Buffer, targetPath: string): Promise<string> {
    const size = this.#sizePath(targetPath);
    if (size === undefined) {
      const path = this.#path(targetPath);
      await this.#uploads.replace(path, buffer);
      return this.#urlOf(path);
    }
    if (this.#local.has(imageOfSizePath(size))) await this.#local.write(size, buffer);
    return this.#siteUrls.urlOf(size);
  }

  /**
   * Whether a file is there. A size of an image at Cloudinary is, since it is made when asked for.
   *
   * @throws StorageError FILE_NOT_FOUND for a size that nobody makes: Ghost then goes on to `serve`
   * CloudinaryError when Cloudinary cannot say
   */
  async exists(fileName: string, targetDir?: string): Promise<boolean> {
    const size = targetDir === undefined ? this.#sizePath(fileName) : undefined;
    if (size === undefined) {
      const path = this.#path(fileName, targetDir);
      return !this.#isOriginalOfLocal(path) && this.#uploads.isTaken(path);
    }
    if (this.#local.has(imageOfSizePath(size))) return this.#local.has(size);
    if (this.#sizedImage(size) === undefined) throw fileNotFound(fileName);
    return true;
  }

  /** The bytes as uploaded. @throws StorageError FILE_NOT_FOUND */
  async read(options: ReadOptions): Promise<Buffer> {
    const path = this.#path(options.path);
    if (this.#local.has(path)) return this.#local.read(path);
    if (!this.#names.canHold(path)) throw fileNotFound(path);
    try {
      return await this.#cloudinary.download(
        this.#deliveryUrls.original(this.#names.assetOf(path)),
      );
    } catch (error) {
      throw hasCode(error, 'CLOUDINARY_NOT_FOUND') ? fileNotFound(path, error) : error;
    }
  }

  /** Removes a file, its copies at the CDN included; an absent one counts as removed. */
  async delete(fileName: string, targetDir?: string): Promise<void> {
    await this.#uploads.remove(this.#path(fileName, targetDir));
  }

  /** The path behind a URL that Ghost holds. @throws StorageError URL_INVALID */
  urlToPath(url: string): string {
    return this.#siteUrls.pathOf(url);
  }

  /** The middleware that Ghost mounts at the store's URLs. */
  serve(): RequestHandler {
    const { redirectMaxAgeSeconds, store } = this.#options;
    const deliveryUrl = remember((path) => this.#deliveryUrl(path));
    return createServe({
      local: this.#local,
      redirectTo: (path, req) => (this.#isOffered(path, req.url) ? deliveryUrl(path) : undefined),
      redirectMaxAgeSeconds,
      inertTypes: store === 'files',
    });
  }

  /** Finds a free name and keeps it: Ghost's importer writes it into posts before it saves the file. */
  override async getUniqueFileName(file: StorageFile, targetDir: string): Promise<string> {
    const path = await this.#uploads.promise(file, storeFolder(this.storagePath, targetDir));
    return join(targetDir, posix.basename(path));
  }

  /** Undefined for what cannot be at Cloudinary. */
  #deliveryUrl(path: string): string | undefined {
    if (this.#options.store !== 'images' || !isSizePath(path)) {
      const { canHold, assetOf } = this.#names;
      return canHold(path) ? this.#deliveryUrls.original(assetOf(path)) : undefined;
    }
    const sized = this.#sizedImage(path);
    return sized && this.#deliveryUrls.sized(this.#names.assetOf(sized.path), sized);
  }

  /** The size of an image that may be at Cloudinary; undefined when nobody makes it. */
  #sizedImage(path: string): SizedImage | undefined {
    const sized = parseSizePath(path);
    return sized && this.#names.canHold(sized.path) ? sized : undefined;
  }

  /** Whether a path is no size at all, or one that somebody configured: no visitor makes up others. */
  #isOffered(path: string, url: string): boolean {
    if (this.#options.store !== 'images' || !isSizePath(path)) return true;
    return (this.#isGhost && isCheckedByGhost(url)) || hasListedSize(path, this.#sizes);
  }

  /** What Ghost is told of a stored file. */
  #urlOf(path: string): string {
    if (this.#options.delivery !== 'absolute') return this.#siteUrls.urlOf(path);
    const asset = this.#names.assetOf(path);
    // Of an animation Cloudinary keeps 100 frames.
    return isTransformable(path, undefined) && extensionOf(path) !== 'gif'
      ? this.#deliveryUrls.transformed(asset)
      : this.#deliveryUrls.original(asset);
  }

  #path(name: string, folder?: string): string {
    return storePath(this.storagePath, withoutQuery(name), folder);
  }

  /** The path under `size/` that a request asks for; undefined for any other path. */
  #sizePath(name: string): string | undefined {
    if (this.#options.store !== 'images' || !/^\/*size\//.test(name)) return undefined;
    const path = parseRequestPath(`/${withoutQuery(name).replace(/^\/+/, '')}`);
    if (path === undefined) throw fileNotFound(name);
    return path;
  }

  /** With `originals: skip`, whether this is the `_o` copy of an image that was just stored. */
  #isSkippedOriginal({ name }: StorageFile, folder: string): boolean {
    const image = imageOfOriginal(name);
    if (this.#options.originals === 'keep' || image === undefined) return false;
    return this.#uploads.isKnown(posix.join(folder, image));
  }

  /** Ghost looks for the original of every local image it resizes: those are never at Cloudinary alone. */
  #isOriginalOfLocal(path: string): boolean {
    const image = imageOfOriginal(path);
    return image !== undefined && this.#local.has(image) && !this.#local.has(path);
  }
}

function withoutQuery(path: string): string {
  return path.replace(/\?.*$/s, '');
}
