import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file that has arrived whole and is on disk. */
export interface ReceivedFile {
  path: string;
  bytes: number;
  /** MD5 of the bytes, which Cloudinary calls etag. */
  etag: string;
  /** As the sender named it. */
  filename: string;
}

/** Writes a stream to a path and to disk, without ever holding more than a piece of it in memory. */
export async function receiveFile(
  source: Readable,
  { path, filename }: { path: string; filename: string },
): Promise<ReceivedFile> {
  const md5 = createHash('md5');
  let bytes = 0;
  const measure = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      md5.update(piece);
      bytes += piece.length;
      yield piece;
    }
  };
  await pipeline(source, measure, createWriteStream(path, { flush: true }));
  return { path, bytes, etag: md5.digest('hex'), filename };
}
