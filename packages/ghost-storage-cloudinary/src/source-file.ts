import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { StorageError } from './errors.ts';

/** A file about to be uploaded. Its bytes stay on disk until they are sent. */
export interface SourceFile {
  blob: Blob;
  /** MD5 of its bytes in hex, as Cloudinary's `etag` gives it. */
  md5: string;
}

/** Opens a file that Ghost received. @throws StorageError UPLOAD_UNREADABLE */
export async function openSourceFile(path: string): Promise<SourceFile> {
  try {
    const blob = await openAsBlob(path);
    const hash = createHash('md5');
    for await (const chunk of blob.stream()) hash.update(chunk);
    return { blob, md5: hash.digest('hex') };
  } catch (cause) {
    throw new StorageError(
      'InternalServerError',
      'UPLOAD_UNREADABLE',
      'The uploaded file cannot be read.',
      {
        cause,
        help: "Check the space and the permissions of the system's temporary folder.",
      },
    );
  }
}
