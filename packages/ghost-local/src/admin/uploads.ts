import { openAsBlob } from 'node:fs';
import { basename, extname } from 'node:path';
import type { AdminRequest } from './request.ts';

/** A file to upload: a path, or bytes with the name they should have. */
export type UploadSource = string | { name: string; bytes: Uint8Array<ArrayBuffer> };

/** What Ghost answers: where the file is now. */
export interface Upload {
  url: string;
  /** Of media that came with a thumbnail. */
  thumbnail_url?: string;
  ref: string | null;
}

/** Uploads, through whatever storage adapter Ghost has. */
export interface Uploads {
  images: {
    /** `purpose` is Ghost's: `image` (default), `profile_image` or `icon`. */
    upload(source: UploadSource, purpose?: 'image' | 'profile_image' | 'icon'): Promise<Upload>;
  };
  media: {
    upload(source: UploadSource, thumbnail?: UploadSource): Promise<Upload>;
    /** Puts a thumbnail beside media that is there already. */
    replaceThumbnail(mediaUrl: string, thumbnail: UploadSource): Promise<Upload>;
  };
  files: {
    upload(source: UploadSource): Promise<Upload>;
  };
}

/** Ghost checks extension and type against `uploads` of its `overrides.json`; files may be anything. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
  '.ico': 'image/x-icon',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.mp3': 'audio/mpeg',
  '.wav': 'audio/wav',
  '.ogg': 'audio/ogg',
  '.m4a': 'audio/mp4',
  '.zip': 'application/zip',
};

/** The file of `source`, with the type that its extension stands for. */
export async function openUpload(source: UploadSource): Promise<File> {
  const name = typeof source === 'string' ? basename(source) : source.name;
  const content = typeof source === 'string' ? await openAsBlob(source) : source.bytes;
  const type = MEDIA_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
  return new File([content], name, { type });
}

/** The upload routes of the Admin API. */
export function createUploads(request: AdminRequest): Uploads {
  const send = async (
    method: 'POST' | 'PUT',
    path: string,
    parts: Record<string, UploadSource | undefined>,
    fields: Record<string, string> = {},
  ): Promise<Upload> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    for (const [name, source] of Object.entries(parts)) {
      if (source) form.append(name, await openUpload(source));
    }
    const envelope = await request<Record<string, Upload[]>>(method, path, { form });
    const upload = Object.values(envelope)[0]?.[0];
    if (!upload) throw new Error(`Ghost answered ${path} without a URL`);
    return upload;
  };

  return {
    images: {
      upload: (file, purpose = 'image') => send('POST', 'images/upload', { file }, { purpose }),
    },
    media: {
      upload: (file, thumbnail) => send('POST', 'media/upload', { file, thumbnail }),
      replaceThumbnail: (url, file) => send('PUT', 'media/thumbnail/upload', { file }, { url }),
    },
    files: {
      upload: (file) => send('POST', 'files/upload', { file }),
    },
  };
}
