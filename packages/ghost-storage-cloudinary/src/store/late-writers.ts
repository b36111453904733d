import { setTimeout as delay } from 'node:timers/promises';
import type { Cloudinary, StoredAsset } from '../cloudinary/cloudinary.ts';
import type { Asset } from '../cloudinary/names.ts';
import { type HeldBytes, holdBytes, type SourceFile } from './source-file.ts';

/** A file that was just stored under a name of its own. */
export interface FreshUpload {
  path: string;
  asset: Asset;
  source: SourceFile;
  stored: StoredAsset;
}

export interface LateWritersOptions {
  cloudinary: Cloudinary;
  /** The ETag of what the CDN delivers for an asset, undefined when it does not say. @throws when it cannot be asked */
  deliveredEtag: (asset: Asset, version: number | undefined) => Promise<string | undefined>;
  /** Whether this process knows nothing newer of the path than the upload with this ETag. */
  isOurs: (path: string, etag: string) => boolean;
  /** Stores the bytes again in place of what is there. */
  restore: (path: string, bytes: HeldBytes) => Promise<unknown>;
  /** Hears what could not be mended. */
  warn: (sentence: string) => void;
  /** How long after an upload its name is looked at once more. */
  checkAfterMs?: number;
}

/** Longer than a vendor's look and write can be apart, and short for a person who waits. */
const CHECK_AFTER_MS = 1000;
const POLL_MS = 200;
const GIVE_UP_AFTER_MS = 5000;

/**
 * Mends what two processes do to each other when Cloudinary's `overwrite=false` is not atomic: both
 * look, both find the name free, and the later one replaces the earlier one's bytes.
 *
 * The later one learns of it from its answer (`overwritten`), leaves the name to the earlier one and
 * waits until that is whole again. The earlier one looks once more a moment after its upload, with a
 * HEAD at the CDN that costs no API call, and stores its bytes again when others are there. Inside one
 * process none of this can happen: reservations come first.
 */
export class LateWriters {
  readonly #options: LateWritersOptions;

  constructor(options: LateWritersOptions) {
    this.#options = options;
  }

  /** Looks after an upload in the background. Resolves when its bytes are held; never rejects. */
  async watch(upload: FreshUpload): Promise<void> {
    const held = await holdBytes(upload.source);
    if (held === undefined) return;
    const { checkAfterMs = CHECK_AFTER_MS } = this.#options;
    const timer = setTimeout(() => {
      // A look that fails says nothing of the file; what it has to mend is reported by itself.
      this.#check(upload, held)
        .finally(() => held[Symbol.asyncDispose]())
        .catch(() => undefined);
    }, checkAfterMs);
    // Nothing to wait for when Ghost stops.
    timer.unref();
  }

  /** Waits until the owner of a name that we wrote to by mistake has put its own bytes back. */
  async waitForOwner(asset: Asset, ours: StoredAsset): Promise<void> {
    const deadline = Date.now() + GIVE_UP_AFTER_MS;
    while (Date.now() < deadline) {
      await delay(POLL_MS);
      const stored = await this.#options.cloudinary.find(asset);
      if (stored === undefined || stored.etag !== ours.etag) return;
    }
    this.#options.warn(
      `Two processes stored a file as ${asset.publicId} at once: its first file was replaced and its owner did not come back. Set "naming": "hash".`,
    );
  }

  async #check({ path, asset, stored: ours }: FreshUpload, held: HeldBytes): Promise<void> {
    const { cloudinary, deliveredEtag, isOurs, restore } = this.#options;
    if (!isOurs(path, ours.etag)) return;
    if ((await deliveredEtag(asset, ours.version)) === ours.etag) return;
    // The CDN's word is not enough to write over anything.
    const stored = await cloudinary.find(asset);
    if (stored === undefined || stored.etag === ours.etag || !isOurs(path, ours.etag)) return;
    await restore(path, held).catch((error: Error) =>
      this.#options.warn(
        `Another process overwrote ${asset.publicId}, and its bytes could not be stored again (${error.message}). Upload the file again.`,
      ),
    );
  }
}
