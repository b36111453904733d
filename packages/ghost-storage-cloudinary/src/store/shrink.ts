import { requireFromGhost } from '@prosora/service/ghost';
import type { StorageFile } from 'ghost-storage-base';
import type Sharp from 'sharp';
import { extensionOf, resourceTypeOf } from '../cloudinary/resource-type.ts';
import { StorageError } from '../errors.ts';
import { type SourceFile, sourceFromBuffer } from './source-file.ts';

/** What an image has to stay under. */
interface ImageLimits {
  imageMaxBytes: number;
  imageMaxPixels: number;
}

export interface ShrinkOptions extends ImageLimits {
  shrink: boolean;
  /** Finds `sharp`; undefined where there is none. */
  loadSharp?: () => typeof Sharp | undefined;
}

/** How each format is written. Lossless ones get smaller by their pixels alone. */
const FORMATS = {
  jpg: (image) => image.jpeg({ quality: 88 }),
  jpeg: (image) => image.jpeg({ quality: 88 }),
  png: (image) => image.png({ compressionLevel: 9 }),
  webp: (image) => image.webp({ quality: 88 }),
  gif: (image) => image.gif(),
  tif: (image) => image.tiff(),
  tiff: (image) => image.tiff(),
} satisfies Record<string, (image: Image) => Image>;

type Image = ReturnType<typeof Sharp>;

const ATTEMPTS = 6;

/** `sharp` as Ghost's own install has it: this package brings no native code. */
export function sharpOfGhost(entry?: string): typeof Sharp | undefined {
  try {
    return requireFromGhost(entry)?.('sharp');
  } catch {
    return undefined;
  }
}

/**
 * Makes the step that brings an image over the plan's limit under it, in its own format: upright, with
 * its colour profile, animated as before, and without EXIF, so that its location is gone. Other files
 * pass as they are.
 *
 * @throws StorageError IMAGE_CANNOT_SHRINK for an image over the limit that cannot be brought under it
 */
export function createShrink({ shrink, loadSharp = sharpOfGhost, ...limits }: ShrinkOptions) {
  return async (file: StorageFile, source: SourceFile): Promise<SourceFile> => {
    const { path, bytes } = source;
    if (!shrink || path === undefined || resourceTypeOf(file.name) !== 'image') return source;
    const extension = extensionOf(file.name);
    const isTooLarge = bytes.size > limits.imageMaxBytes;
    if (!isShrinkable(extension)) {
      if (isTooLarge) throw cannotShrink(file, `.${extension} images cannot be made smaller here`);
      return source;
    }
    const sharp = loadSharp();
    if (sharp === undefined) {
      if (isTooLarge) throw cannotShrink(file, "sharp is missing in Ghost's install");
      return source;
    }
    try {
      const image = await measure(sharp, path);
      if (!isTooLarge && image.width * image.height <= limits.imageMaxPixels) return source;
      const smaller = await render(sharp, { path, image, write: FORMATS[extension], limits });
      if (smaller) return sourceFromBuffer(smaller);
    } catch (cause) {
      // What sharp cannot read may still be an image to Cloudinary.
      if (!isTooLarge) return source;
      throw cannotShrink(file, 'it cannot be read as an image', cause);
    }
    throw cannotShrink(file, `${ATTEMPTS} attempts did not bring it under the limit`);
  };
}

function isShrinkable(extension: string): extension is keyof typeof FORMATS {
  return Object.hasOwn(FORMATS, extension);
}

/** Width and height of a frame, the way it is shown. */
interface Measured {
  width: number;
  height: number;
  isAnimated: boolean;
}

async function measure(sharp: typeof Sharp, path: string): Promise<Measured> {
  const { width = 0, height = 0, orientation = 1, pages = 1 } = await sharp(path).metadata();
  const isAnimated = pages > 1;
  // Orientations 5 to 8 lie on their side.
  return orientation >= 5
    ? { width: height, height: width, isAnimated }
    : { width, height, isAnimated };
}

async function render(
  sharp: typeof Sharp,
  how: {
    path: string;
    image: Measured;
    write: (image: Image) => Image;
    limits: ImageLimits;
  },
): Promise<Buffer | undefined> {
  const { width, height, isAnimated } = how.image;
  const { imageMaxBytes, imageMaxPixels } = how.limits;
  let scale = Math.min(1, Math.sqrt(imageMaxPixels / (width * height)));
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const read = sharp(how.path, { animated: isAnimated });
    // `rotate` without an angle turns an image the way its EXIF says, which is then left out.
    const upright = isAnimated ? read : read.rotate();
    const resized = upright
      .keepIccProfile()
      .resize({ width: Math.max(1, Math.floor(width * scale)), withoutEnlargement: true });
    const bytes = await how.write(resized).toBuffer();
    if (bytes.length <= imageMaxBytes) return bytes;
    scale *= Math.min(0.9, 0.95 * Math.sqrt(imageMaxBytes / bytes.length));
  }
  return undefined;
}

function cannotShrink({ name }: StorageFile, why: string, cause?: unknown): StorageError {
  return new StorageError(
    'RequestEntityTooLargeError',
    'IMAGE_CANNOT_SHRINK',
    `${name} is over the limit of your Cloudinary plan, and ${why}.`,
    { cause, help: 'Make the image smaller and upload it again, or raise the plan.' },
  );
}
