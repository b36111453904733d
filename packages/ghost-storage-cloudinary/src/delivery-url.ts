import utils from 'cloudinary/lib/utils/index.js';
import type { Asset } from './names.ts';
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
}

/** The URLs under which browsers fetch assets. */
export interface DeliveryUrls {
  /** The bytes as they were uploaded. */
  original(asset: Asset): string;
  /** An image in the size and format that Ghost asked for. */
  sized(asset: Asset, size: Omit<SizedImage, 'path'>): string;
}

/** Builds delivery URLs with the SDK's own `url()`. */
export function createDeliveryUrls(options: DeliveryOptions): DeliveryUrls {
  const [scheme, distribution] = options.secureDistribution?.split('://') ?? ['https'];
  const secure = scheme === 'https';

  const urlOf = (asset: Asset, format: string | undefined, transformation: object[]) =>
    // The SDK decodes a public_id before it encodes it, so a `%` of the name needs one more round.
    utils.url(encodeURIComponent(asset.publicId), {
      cloud_name: options.cloudName,
      resource_type: asset.resourceType,
      type: 'upload',
      format,
      transformation,
      secure,
      // `cname` is the SDK's word for the host of an http URL.
      ...(secure ? { secure_distribution: distribution } : { cname: distribution }),
      private_cdn: options.privateCdn,
      analytics: false,
    });

  return {
    original: (asset) => urlOf(asset, asset.format, []),
    sized: (asset, { width, height, format }) => {
      // Ghost resizes with sharp's `cover` when both sides are given, and never enlarges.
      const crop = width !== undefined && height !== undefined ? 'lfill' : 'limit';
      const extra = options.transformation;
      return urlOf(asset, format ?? asset.format, [
        { width, height, crop },
        ...(extra === '' ? [] : [{ raw_transformation: extra }]),
      ]);
    },
  };
}
