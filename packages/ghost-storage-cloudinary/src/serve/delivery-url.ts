import utils from 'cloudinary/lib/utils/index.js';
import type { Asset } from '../cloudinary/names.ts';
import type { SizedImage } from './sizes.ts';

/** Where an account's files are delivered from. */
export interface DeliveryOptions {
  cloudName: string;
  /** Origin of the delivery host; Cloudinary's own when undefined. */
  secureDistribution: string | undefined;
  /** The host serves this cloud alone, so that its URLs do not name the cloud. */
  privateCdn: boolean;
  /** Raw transformation that follows every resize, such as `q_auto`; empty for none. */
  transformation: string;
  /** Whether URLs are signed, as accounts with strict transformations ask for. */
  signedUrls: boolean;
  signatureAlgorithm: 'sha1' | 'sha256';
  apiSecret: string;
}

/** The URLs under which browsers fetch assets. */
export interface DeliveryUrls {
  /** The bytes as they were uploaded, in the newest version or a given one. */
  original(asset: Asset, version?: number): string;
  /** An image in the size and format that Ghost asked for. */
  sized(asset: Asset, size: Size): string;
  /** The image in its own size with the account's transformation. */
  transformed(asset: Asset): string;
  /** What `sized` asks for, as Cloudinary's `eager` parameter names it. */
  eager(asset: Asset, size: Size): string;
}

type Size = Omit<SizedImage, 'path'>;

/** Builds delivery URLs with the SDK's own `url()`. */
export function createDeliveryUrls(options: DeliveryOptions): DeliveryUrls {
  const [scheme, distribution] = options.secureDistribution?.split('://') ?? ['https'];
  const secure = scheme === 'https';

  const extra =
    options.transformation === '' ? [] : [{ raw_transformation: options.transformation }];
  // The long form of a signature is always SHA-256, whatever the account is set to.
  const signing = options.signedUrls && {
    sign_url: true,
    api_secret: options.apiSecret,
    long_url_signature: options.signatureAlgorithm === 'sha256',
    signature_algorithm: options.signatureAlgorithm,
  };

  const urlOf = (
    asset: Asset,
    format: string | undefined,
    transformation: object[],
    version?: number,
  ) =>
    // The SDK decodes a public_id before it encodes it, so a `%` of the name needs one more round.
    utils.url(encodeURIComponent(asset.publicId), {
      cloud_name: options.cloudName,
      resource_type: asset.resourceType,
      type: 'upload',
      format,
      version,
      transformation,
      secure,
      // `cname` is the SDK's word for the host of an http URL.
      ...(secure ? { secure_distribution: distribution } : { cname: distribution }),
      private_cdn: options.privateCdn,
      analytics: false,
      ...signing,
    });

  return {
    original: (asset, version) => urlOf(asset, asset.format, [], version),
    sized: (asset, size) => urlOf(asset, size.format ?? asset.format, [resizeTo(size), ...extra]),
    transformed: (asset) => urlOf(asset, asset.format, extra),
    eager: (asset, size) => {
      const transformation = [resizeTo(size), ...extra];
      const text = utils.generate_transformation_string({ transformation });
      return `${text}/${size.format ?? asset.format}`;
    },
  };
}

/** Ghost resizes with sharp's `cover` when both sides are given, and never enlarges. */
function resizeTo({ width, height }: Size): object {
  const crop = width !== undefined && height !== undefined ? 'lfill' : 'limit';
  return { width, height, crop };
}
