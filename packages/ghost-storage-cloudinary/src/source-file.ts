import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { StorageError } from './errors.ts';

/** Bytes to upload, read a piece at a time. A `Blob` is one. */
export interface UploadBytes {
  /** In bytes. */
  readonly size: number;
  /** The bytes from one position up to another. */
  slice(from: number, until: number): Blob | Promise<Blob>;
}

/** A file about to be uploaded. Its bytes stay on disk until they are sent. */
export interface SourceFile {
  bytes: UploadBytes;
  /** MD5 of its bytes in hex, as Cloudinary's `etag` gives it. */
  md5: string;
  /** Where it lies; undefined when the bytes are in memory. */
  path?: string;
}

/** Opens a file that Ghost received. @throws StorageError UPLOAD_UNREADABLE */
export async function openSourceFile(path: string): Promise<SourceFile> {
  try {
    const blob = await openAsBlob(path);
    const hash = createHash('md5');
    for await (const chunk of blob.stream()) hash.update(chunk);
    return { bytes: blob, md5: hash.digest('hex'), path };
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

/** Bytes in memory as a file to upload. */
export function sourceFromBuffer(buffer: Buffer): SourceFile {
  return {
    bytes: new Blob([new Uint8Array(buffer)]),
    md5: createHash('md5').update(buffer).digest('hex'),
  };
}

/** Bytes that outlive the removal of their file, until they are let go. */
export interface HeldBytes extends UploadBytes, AsyncDisposable {}

/** Holds a file's bytes by its descriptor; undefined when it cannot be opened any more. */
export async function holdBytes({ bytes, path }: SourceFile): Promise<HeldBytes | undefined> {
  if (path === undefined) {
    return {
      size: bytes.size,
      slice: (from, until) => bytes.slice(from, until),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const handle = await open(path).catch(() => undefined);
  return handle && heldBy(handle, bytes.size);
}

function heldBy(handle: FileHandle, size: number): HeldBytes {
  return {
    size,
    slice: async (from, until) => {
      const { buffer } = await handle.read(Buffer.alloc(until - from), 0, until - from, from);
      return new Blob([buffer]);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}
