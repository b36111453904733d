import type { CloudAccount } from './account.ts';
import type { Asset, EagerDerived } from './asset.ts';
import type { AssetStore } from './asset-store.ts';
import type { DerivedFile, DerivedFiles } from './derived-files.ts';
import { CloudinaryRefusal, notImplemented } from './refusal.ts';
import { IMAGE_FORMATS, isComponent, parseTransformation, type Step } from './transformation.ts';

/** What deriving needs. */
export interface DeriveContext {
  account: CloudAccount;
  store: AssetStore;
  derivedFiles: DerivedFiles;
}

/** Originals that sharp can decode here; icons, PDF and HEIC are stored and served as they are. */
const DECODABLE = ['jpg', 'png', 'webp', 'avif', 'gif', 'tif', 'svg'];

/** Formats that `f_auto` picks by the Accept header, best first (Cloudinary's automatic format page). */
const AUTO_FORMATS = [
  ['avif', 'image/avif'],
  ['webp', 'image/webp'],
] as const;

/** Makes a derived image. @throws CloudinaryRefusal 400 for what cannot be derived. */
export async function derive(
  asset: Asset,
  steps: readonly Step[],
  format: string,
  { account, store, derivedFiles }: DeriveContext,
): Promise<DerivedFile> {
  if (asset.resourceType !== 'image') {
    throw notImplemented(`transformations of ${asset.resourceType} files`);
  }
  const target = IMAGE_FORMATS.find((name) => name === format);
  if (target === undefined || !DECODABLE.includes(asset.format ?? '')) {
    throw notImplemented(`a transformation from ${asset.format} to ${format}`);
  }
  const pixels = (asset.width ?? 0) * (asset.height ?? 0);
  const { imageMaxPixels } = account.settings.current;
  if (pixels > imageMaxPixels) {
    throw new CloudinaryRefusal(
      400,
      `Maximum image size is ${imageMaxPixels / 1e6} Megapixels. ` +
        `Requested ${(pixels / 1e6).toFixed(1)} Megapixels`,
    );
  }
  const request = { from: store.pathOf(asset), steps, format: target };
  return derivedFiles.get(asset.versionId, request).catch((error: Error) => {
    // Bytes whose head is an image's and whose rest is not.
    throw new CloudinaryRefusal(400, `Invalid image file: ${error.message}`);
  });
}

/** True when the original's own bytes are what is asked for. */
export function isOriginal(
  asset: Pick<Asset, 'format'>,
  steps: readonly Step[],
  format: string,
): boolean {
  const untouched = steps.every(
    ({ width, height, angle, startOffset, quality }) =>
      (width ?? height ?? angle ?? startOffset) === undefined &&
      // A vector has no pixels whose quality could be lowered.
      (quality === undefined || asset.format === 'svg'),
  );
  return untouched && format === asset.format;
}

/** What decides a format. */
export interface FormatRequest {
  steps: readonly Step[];
  /** Of the URL. */
  extension?: string | undefined;
  /** The Accept header. */
  accept: string;
}

/** The format to deliver: `f_…` wins over the extension, and the extension over the original's own. */
export function chooseFormat(
  asset: Pick<Asset, 'format'>,
  { steps, extension, accept }: FormatRequest,
): string {
  const asked = steps.findLast((step) => step.format !== undefined)?.format;
  const fallback = extension ?? asset.format ?? '';
  if (asked !== 'auto') return asked ?? fallback;
  if (asset.format === 'svg' && isOriginal(asset, steps, 'svg')) return 'svg';
  return AUTO_FORMATS.find(([, mediaType]) => accept.includes(mediaType))?.[0] ?? fallback;
}

/** Makes what `eager` lists: transformations, each with `/format` at its end or without. */
export async function deriveEagerly(
  asset: Asset,
  eager: readonly string[],
  context: DeriveContext,
): Promise<EagerDerived[]> {
  const made: EagerDerived[] = [];
  for (const text of eager) {
    const { transformation, steps, format } = parseEager(asset, text, context.account);
    const { width, height, bytes } = await derive(asset, steps, format, context);
    made.push({ transformation, format, width, height, bytes });
  }
  return made;
}

/** Parses one of `eager`, so that a wrong one is refused before anything is stored. */
export function parseEager(
  asset: Pick<Asset, 'format'>,
  text: string,
  account: CloudAccount,
): { transformation: string; steps: Step[]; format: string } {
  const components = text.split('/');
  const extension = isComponent(components.at(-1) ?? '') ? undefined : components.pop();
  // As the vendor says it: `f_auto` is a transformation, `auto` is no extension.
  if (extension === 'auto') {
    throw new CloudinaryRefusal(400, 'Invalid transformation component - auto');
  }
  const steps = parseTransformation(components, account.settings.current.namedTransformations);
  const format = chooseFormat(asset, {
    steps,
    extension: extension?.replace('jpeg', 'jpg'),
    accept: '',
  });
  return { transformation: components.join('/'), steps, format };
}
