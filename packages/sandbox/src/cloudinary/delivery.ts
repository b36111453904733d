import { basename, dirname, extname } from 'node:path';
import type { Request, RequestHandler, Response } from 'express';
import type { CloudAccount } from './account.ts';
import type { Asset } from './asset.ts';
import { type DeliveryUrl, parseDeliveryUrl } from './delivery-url.ts';
import { chooseFormat, type DeriveContext, derive, isOriginal } from './derive.ts';
import type { NegativeCache } from './negative-cache.ts';
import { CloudinaryRefusal, errorHeader, notFound, notImplemented } from './refusal.ts';
import { sameSignature, signDelivery } from './signature.ts';
import { parseTransformation, type Step } from './transformation.ts';

/** What delivery works with. */
export interface DeliveryContext extends DeriveContext {
  privateCdn: boolean;
  negativeCache: NegativeCache;
}

const SHORT_SIGNATURE = 8;
const LONG_SIGNATURE = 32;

/** The CDN: serves originals and derived images, and answers 40x with an empty body and `X-Cld-Error`. */
export function deliver(context: DeliveryContext): RequestHandler {
  const { account, negativeCache } = context;
  return async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const caching = account.settings.current.negativeCaching;
    const cached = caching ? negativeCache.get(request.originalUrl) : undefined;
    try {
      if (cached !== undefined) throw new CloudinaryRefusal(cached.status, cached.message);
      await deliverFile(request, response, context);
    } catch (error) {
      if (!(error instanceof CloudinaryRefusal)) throw error;
      const { status, message } = error;
      if (caching && cached === undefined) {
        negativeCache.put(request.originalUrl, { status, message });
      }
      response.set(CORS).set('X-Cld-Error', errorHeader(message)).status(status).end();
    }
  };
}

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Content-Length,ETag,X-Cld-Error',
  'Timing-Allow-Origin': '*',
};

async function deliverFile(
  request: Request,
  response: Response,
  context: DeliveryContext,
): Promise<void> {
  const { account, store, privateCdn } = context;
  const url = parseDeliveryUrl(request.path, privateCdn ? undefined : account.cloudName);
  const isSigned = checkSignature(url, account);
  const steps = parseTransformation(
    url.transformation,
    account.settings.current.namedTransformations,
  );
  const asset = store.get(url);
  if (asset === undefined) throw notFound(url.publicId);
  if (!isSigned) checkAllowed(asset, url, account);
  const accept = request.headers.accept ?? '';
  const format = chooseFormat(asset, { steps, accept, ...url });
  const original =
    asset.resourceType === 'raw' ? steps.every(isPlain) : isOriginal(asset, steps, format);
  if (!original) refuseStillOfVideo(asset, steps);
  const path = original ? store.pathOf(asset) : (await derive(asset, steps, format, context)).path;
  const etag = original ? asset.etag : basename(path, extname(path)).slice(0, 32);
  response.type(asset.resourceType === 'raw' ? extname(asset.publicId) : format);
  response.set(headersFor(asset, { steps, format, etag }));
  await sendFile(response, path);
}

function isPlain({ attachment, ...rest }: Step): boolean {
  return Object.keys(rest).length === 0;
}

/** A frame of a video needs a decoder for video, which the sandbox does not carry. */
function refuseStillOfVideo(asset: Asset, steps: readonly Step[]): void {
  if (asset.resourceType !== 'video') return;
  const offset = steps.find((step) => step.startOffset !== undefined)?.startOffset;
  throw notImplemented(offset ? `so_${offset} of a video` : 'transformations of video files');
}

/** True for a URL with a good signature. @throws CloudinaryRefusal 401 for one with a wrong one. */
function checkSignature({ signature, signedPart }: DeliveryUrl, account: CloudAccount): boolean {
  if (signature === undefined) return false;
  const long = signature.length === LONG_SIGNATURE;
  const expected = signDelivery(signedPart, account.apiSecret, {
    algorithm: long ? 'sha256' : account.settings.current.signatureAlgorithm,
    length: long ? LONG_SIGNATURE : SHORT_SIGNATURE,
  });
  if (sameSignature(signature, expected)) return true;
  throw new CloudinaryRefusal(401, 'Invalid signature');
}

/** What an unsigned URL may not have. @throws CloudinaryRefusal 401 */
function checkAllowed(asset: Asset, url: DeliveryUrl, account: CloudAccount): void {
  const { strictTransformations, deliverPdfAndZip } = account.settings.current;
  const restricted = asset.format === 'pdf' || /\.(pdf|zip)$/i.test(asset.publicId);
  if (asset.type === 'authenticated' || (restricted && !deliverPdfAndZip)) {
    throw new CloudinaryRefusal(401, 'deny or ACL failure');
  }
  const transformation = url.transformation.join('/');
  if (!strictTransformations || transformation === '') return;
  const named = url.transformation.every((component) => component.startsWith('t_'));
  const eager = asset.eager.some((derived) => derived.transformation === transformation);
  if (named || eager) return;
  const shown = `${transformation}/${url.extension ?? ''}`;
  throw new CloudinaryRefusal(401, `Transformation ${shown} is not allowed`);
}

function headersFor(
  asset: Asset,
  { steps, format, etag }: { steps: readonly Step[]; format: string; etag: string },
): Record<string, string> {
  const attachment = steps.find((step) => step.attachment !== undefined)?.attachment;
  const name = asset.publicId.split('/').at(-1) ?? asset.publicId;
  const extension = asset.resourceType === 'raw' ? extname(name) : `.${format}`;
  const filename = attachment || basename(name, asset.resourceType === 'raw' ? extension : '');
  return {
    ...CORS,
    'Cache-Control': 'public, no-transform, immutable, max-age=2592000',
    ETag: `"${etag}"`,
    'X-Content-Type-Options': 'nosniff',
    ...(steps.some((step) => step.format === 'auto') && { Vary: 'Accept' }),
    ...(attachment !== undefined && {
      'Content-Disposition': `attachment; filename="${encodeURIComponent(filename)}${extension}"`,
    }),
  };
}

/** Range, HEAD and conditional requests are those of `send`, which express brings. */
function sendFile(response: Response, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { root: dirname(path), cacheControl: false, lastModified: false, etag: false };
    response.sendFile(basename(path), options, (error: NodeJS.ErrnoException | undefined) => {
      // A reader who went away is no failure, whether before the first byte or after.
      if (error && error.code !== 'ECONNABORTED' && !response.headersSent) reject(error);
      else resolve();
    });
  });
}
