import { DELIVERY_TYPES, type DeliveryType, RESOURCE_TYPES, type ResourceType } from './asset.ts';
import { CloudinaryRefusal } from './refusal.ts';
import { isComponent } from './transformation.ts';

/** The parts of a delivery URL's path. */
export interface DeliveryUrl {
  resourceType: ResourceType;
  type: DeliveryType;
  /** What stands between `s--` and `--`. */
  signature?: string;
  /** Components of the transformation, decoded. */
  transformation: string[];
  /** Decoded, without the extension that names a format. */
  publicId: string;
  /** The format asked for by the extension, in lower case. */
  extension?: string;
  /** What a signature covers, as it stands in the URL. */
  signedPart: string;
}

/** Extensions that name a format at delivery; any other dot belongs to the public_id. */
const FORMAT_EXTENSION =
  /^(.+)\.(jpe?g|png|gif|webp|avif|svg|ico|tiff?|heic|bmp|pdf|mp4|m4a|m4v|mov|webm|og[vag]|avi|mp3|wav|flac)$/is;

/**
 * Takes a delivery path apart: `[/cloud]/image/upload[/s--…--][/components][/v1]/id[.ext]`.
 *
 * A version ends the transformation; without one it goes on as long as segments look like components.
 * The last segment always belongs to the public_id.
 *
 * @throws CloudinaryRefusal 404 when the path leads nowhere, 400 when a part of it is malformed.
 */
export function parseDeliveryUrl(path: string, cloudName: string | undefined): DeliveryUrl {
  const segments = path.split('/').slice(1);
  const cloud = cloudName === undefined ? undefined : segments.shift();
  const resourceType = RESOURCE_TYPES.find((name) => name === segments[0]);
  const type = DELIVERY_TYPES.find((name) => name === segments[1]);
  if (cloud !== cloudName) throw new CloudinaryRefusal(401, `cloud_name ${cloud} is unknown`);
  if (resourceType === undefined || type === undefined || segments.length < 3) {
    throw new CloudinaryRefusal(404, 'Resource not found');
  }
  const rest = segments.slice(2);
  const signature = /^s--([\w-]+)--$/.exec(rest[0] ?? '')?.[1];
  if (signature !== undefined) rest.shift();
  const { transformation, source } = splitSource(rest);
  const parts = partsOfSource(source, resourceType);
  return {
    resourceType,
    type,
    ...(signature !== undefined && { signature }),
    transformation: transformation.map(decode),
    ...parts,
    signedPart: [...transformation, ...source].join('/'),
  };
}

function splitSource(segments: readonly string[]): { transformation: string[]; source: string[] } {
  const version = segments.findIndex((segment) => /^v\d+$/.test(segment));
  if (version >= 0 && version < segments.length - 1) {
    return { transformation: segments.slice(0, version), source: segments.slice(version + 1) };
  }
  const first = segments.findIndex((segment) => !isComponent(segment));
  const split = first < 0 ? segments.length - 1 : Math.min(first, segments.length - 1);
  return { transformation: segments.slice(0, split), source: segments.slice(split) };
}

function partsOfSource(
  source: readonly string[],
  resourceType: ResourceType,
): Pick<DeliveryUrl, 'publicId' | 'extension'> {
  const id = decode(source.join('/'));
  const match = resourceType === 'raw' ? null : FORMAT_EXTENSION.exec(id);
  if (match?.[1] === undefined || match[2] === undefined) return { publicId: id };
  return { publicId: match[1], extension: match[2].toLowerCase().replace('jpeg', 'jpg') };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CloudinaryRefusal(400, `Invalid URL: ${text}`);
  }
}
