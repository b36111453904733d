import sharp, { type ResizeOptions, type Sharp } from 'sharp';
import { GRAVITIES, type ImageFormat, type Step } from './transformation.ts';

/** What to make of an image. */
export interface RenderRequest {
  /** File with the original. */
  from: string;
  /** File to write. */
  to: string;
  steps: readonly Step[];
  format: ImageFormat;
}

/** What came out. */
export interface RenderedImage {
  width: number;
  height: number;
  bytes: number;
}

/** Formats that can hold several frames. */
const ANIMATED: readonly ImageFormat[] = ['gif', 'webp'];

/** Cloudinary's `q_auto` looks at the image; these are fixed values of about the same effect. */
const AUTO_QUALITY = { jpg: 80, webp: 80, avif: 50 } as const;

/** Renders a transformation with sharp; each step works on what the one before it made. */
export async function renderImage({
  from,
  to,
  steps,
  format,
}: RenderRequest): Promise<RenderedImage> {
  const options = { animated: ANIMATED.includes(format) };
  let image = sharp(from, options).autoOrient();
  for (const [index, step] of steps.entries()) {
    // One sharp pipeline holds one resize: its result starts the next, without loss.
    if (index > 0) {
      const lossless = options.animated ? image.webp({ lossless: true }) : image.png();
      image = sharp(await lossless.toBuffer(), options);
    }
    image = applyStep(image, step, await sizeOf(image));
  }
  const quality = steps.findLast((step) => step.quality !== undefined)?.quality ?? 'auto';
  const { width, height, size } = await encode(image, format, quality).toFile(to);
  return { width, height, bytes: size };
}

async function sizeOf(image: Sharp): Promise<{ width: number; height: number }> {
  const { autoOrient, pageHeight } = await image.metadata();
  return { width: autoOrient.width, height: pageHeight ?? autoOrient.height };
}

function applyStep(image: Sharp, step: Step, original: { width: number; height: number }): Sharp {
  const width = pixels(step.width, original.width);
  const height = pixels(step.height, original.height);
  const resized =
    width === undefined && height === undefined
      ? image
      : image.resize({
          width,
          height,
          ...fitOf(step, width === undefined || height === undefined),
        });
  if (step.angle === undefined) return resized;
  return resized.rotate(step.angle, { background: { r: 0, g: 0, b: 0, alpha: 0 } });
}

function pixels(size: number | undefined, original: number): number | undefined {
  if (size === undefined) return undefined;
  return size < 1 ? Math.max(1, Math.round(size * original)) : Math.round(size);
}

function fitOf({ crop = 'scale', gravity = 'center' }: Step, oneSided: boolean): ResizeOptions {
  switch (crop) {
    case 'scale':
      return { fit: oneSided ? 'inside' : 'fill' };
    case 'fit':
      return { fit: 'inside' };
    case 'limit':
      return { fit: 'inside', withoutEnlargement: true };
    case 'fill':
      return { fit: 'cover', position: GRAVITIES[gravity] };
    case 'lfill':
      return { fit: 'cover', position: GRAVITIES[gravity], withoutEnlargement: true };
  }
}

function encode(image: Sharp, format: ImageFormat, quality: number | 'auto'): Sharp {
  const level = (auto: number) => (quality === 'auto' ? auto : quality);
  switch (format) {
    case 'jpg':
      return image.flatten({ background: 'white' }).jpeg({ quality: level(AUTO_QUALITY.jpg) });
    case 'webp':
      return image.webp({ quality: level(AUTO_QUALITY.webp) });
    case 'avif':
      // The lowest effort that still beats WebP in size: a stand-in is asked for many, once each.
      return image.avif({ quality: level(AUTO_QUALITY.avif), effort: 2 });
    case 'png':
      return image.png();
    case 'gif':
      return image.gif();
    case 'tif':
      return image.tiff();
  }
}
