/** The kinds of asset that Cloudinary tells apart. */
export const RESOURCE_TYPES = ['image', 'video', 'raw'] as const;

/** Audio counts as video. */
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** The delivery types that the stand-in knows. */
export const DELIVERY_TYPES = ['upload', 'authenticated'] as const;

/** `authenticated` assets are delivered to signed URLs only. */
export type DeliveryType = (typeof DELIVERY_TYPES)[number];

/** What tells one asset from another. */
export interface AssetKey {
  resourceType: ResourceType;
  type: DeliveryType;
  publicId: string;
}

/** A derived file that was made at upload or by `explicit`. */
export interface EagerDerived {
  /** As in a delivery URL, without the extension. */
  transformation: string;
  format: string;
  width: number;
  height: number;
  bytes: number;
}

/** A stored asset. */
export interface Asset extends AssetKey {
  assetId: string;
  /** Seconds since 1970, higher for each new content of an asset. */
  version: number;
  versionId: string;
  /** Extension of the format: `jpg`, `mp4`; absent for raw files. */
  format?: string;
  bytes: number;
  /** MD5 of the stored bytes. */
  etag: string;
  width?: number;
  height?: number;
  /** Frames of an animated image; 1 for a still one. */
  pages?: number;
  /** ISO 8601. */
  createdAt: string;
  tags: string[];
  context: Record<string, string>;
  assetFolder: string;
  displayName: string;
  originalFilename: string;
  eager: EagerDerived[];
  /** Name of the file that holds the bytes. */
  file: string;
}

/** The name of an asset in the store. */
export function keyOf({ resourceType, type, publicId }: AssetKey): string {
  return `${resourceType}/${type}/${publicId}`;
}
