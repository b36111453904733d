import { createHash, hash } from 'node:crypto';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import type { BytesInMemory, UploadBytes } from '../cloudinary/upload-bytes.ts';
import { StorageError } from '../errors.ts';

/** A file about to be uploaded. The bytes of a large one stay on disk until they are sent. */
export interface SourceFile {
  bytes: UploadBytes;
  /** MD5 of its bytes in hex, as Cloudinary's `etag` gives it. */
  md5: string;
  /** Where it lies; undefined when the bytes are in memory. */
  path?: string;
}

/** Up to here a file is read once and kept, since it is hashed and then sent at once. */
const KEPT_BYTES = 2 * 1024 * 1024;

/** Opens a file that Ghost received. @throws StorageError UPLOAD_UNREADABLE */
export async function openSourceFile(path: string): Promise<SourceFile> {
  try {
    const { size } = await stat(path);
    if (size <= KEPT_BYTES) {
      return { ...sourceFromBuffer(await readFile(path)), path };
    }
    const pieces = (from: number, until: number) => readThrough(path, from, until);
    return { bytes: { size, pieces }, md5: await md5Of(path), path };
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** The error for a file that was there to upload, and is no more or is another one. */
function unreadable(cause: unknown): StorageError {
  return new StorageError(
    'InternalServerError',
    'UPLOAD_UNREADABLE',
    'The uploaded file cannot be read.',
    {
      cause,
      help: "Check the space and the permissions of the system's temporary folder.",
    },
  );
}

/** The MD5 of a file in hex, read through one buffer: a stream leaves 64 kB of garbage a piece. */
export async function md5Of(path: string): Promise<string> {
  await using handle = await open(path);
  const hash = createHash('md5');
  const buffer = Buffer.alloc(READ_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
  }
}

const READ_BYTES = 256 * 1024;

/** Large enough that a socket asks for the next piece only once it has sent the one before. */
const PIECE_BYTES = 64 * 1024;
const PIECES = 16;

/**
 * Reads a range through buffers that go round. Fresh ones would be garbage of which Node lets 64 MB
 * pile up, as `Blob.stream()` and `createReadStream` do.
 */
async function* readThrough(path: string, from: number, until: number): AsyncGenerator<Uint8Array> {
  await using handle = await open(path).catch((cause) => {
    throw unreadable(cause);
  });
  const buffers = Array.from({ length: PIECES }, () => Buffer.alloc(PIECE_BYTES));
  let at = from;
  for (let piece = 0; at < until; piece += 1) {
    const buffer = buffers[piece % PIECES] ?? Buffer.alloc(PIECE_BYTES);
    const wanted = Math.min(PIECE_BYTES, until - at);
    const { bytesRead } = await handle.read(buffer, 0, wanted, at).catch((cause) => {
      throw unreadable(cause);
    });
    if (bytesRead === 0) throw unreadable(new Error('The file became shorter while it was read.'));
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Bytes in memory as a file to upload. */
export function sourceFromBuffer(buffer: Buffer): SourceFile {
  return { bytes: new Blob([new Uint8Array(buffer)]), md5: hash('md5', buffer, 'hex') };
}

/** Bytes that outlive the removal of their file, until they are let go. */
export interface HeldBytes extends BytesInMemory, AsyncDisposable {}

/** Holds a file's bytes by its descriptor; undefined when it cannot be opened any more. */
export async function holdBytes({ bytes, path }: SourceFile): Promise<HeldBytes | undefined> {
  if (path === undefined && bytes.slice) {
    return {
      size: bytes.size,
      slice: (from, until) => bytes.slice(from, until),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const handle = await open(path ?? '').catch(() => undefined);
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
