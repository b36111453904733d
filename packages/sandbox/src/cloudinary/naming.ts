import { basename, extname } from 'node:path';
import type { Random } from '../stand-in/random.ts';
import type { ResourceType } from './asset.ts';
import { CloudinaryRefusal } from './refusal.ts';
import type { UploadParams } from './upload-params.ts';

const MAX_LENGTH = 255;
const UNIQUE_SUFFIX = 6;
const RANDOM_ID = 20;

/**
 * The public_id of an upload: what the caller asks for, or else the file's name or a random one, under
 * the folders that apply.
 *
 * @throws CloudinaryRefusal 400 for an id that Cloudinary does not take (its upload reference:
 * no `? & # \ % < > +`, no slash or space at the ends, at most 255 characters).
 */
export function choosePublicId(
  params: UploadParams,
  { filename, resourceType }: { filename: string; resourceType: ResourceType },
  random: Random,
): string {
  const name = params.public_id ?? nameFromFile(params, { filename, resourceType }, random);
  const publicId = [prefixOf(params), name].filter(Boolean).join('/');
  if (publicId.length > MAX_LENGTH) throw new CloudinaryRefusal(400, 'public_id is too long');
  if (/[?&#\\%<>+]|^[ /]|[ /]$|\/\//.test(publicId)) {
    throw new CloudinaryRefusal(400, `public_id (${publicId}) is invalid`);
  }
  return publicId;
}

/** The last part of an id, without the extension that raw ids carry. */
export function stemOf(name: string): string {
  return basename(name, extname(name));
}

function prefixOf(params: UploadParams): string | undefined {
  if (params.public_id_prefix !== undefined) return params.public_id_prefix;
  if (params.use_asset_folder_as_public_id_prefix) return params.asset_folder;
  return params.folder;
}

function nameFromFile(
  params: UploadParams,
  { filename, resourceType }: { filename: string; resourceType: ResourceType },
  random: Random,
): string {
  // Raw ids carry the extension, since nothing else says what the file is.
  const extension = resourceType === 'raw' ? extname(filename) : '';
  if (!params.use_filename) return random.text(RANDOM_ID) + extension;
  const stem = stemOf(params.filename_override ?? filename).replace(/[^\w.-]+/g, '_');
  return params.unique_filename
    ? `${stem}_${random.text(UNIQUE_SUFFIX)}${extension}`
    : stem + extension;
}
