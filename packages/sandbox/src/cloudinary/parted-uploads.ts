import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { AssetStore } from './asset-store.ts';
import type { ContentRange } from './content-range.ts';
import { type ReceivedFile, receiveFile } from './received-file.ts';

/** Uploads that arrive in parts, by their `X-Unique-Upload-Id`. */
export interface PartedUploads {
  /**
   * Takes a part, in any order; one that came before takes the place of the earlier.
   * Returns the whole file once its size is known and nothing is missing.
   */
  add(uploadId: string, range: ContentRange, part: ReceivedFile): Promise<ReceivedFile | undefined>;
  clear(): void;
}

interface PartedUpload {
  total?: number;
  /** By first byte. */
  parts: Map<number, { end: number; path: string }>;
}

/** Keeps parts on disk; uploads that are not finished are forgotten when the process ends. */
export function createPartedUploads(store: AssetStore): PartedUploads {
  const uploads = new Map<string, PartedUpload>();

  const assemble = async (paths: readonly string[], filename: string): Promise<ReceivedFile> => {
    const readAll = async function* () {
      for (const path of paths) yield* createReadStream(path);
    };
    try {
      return await receiveFile(Readable.from(readAll()), { path: store.scratch(), filename });
    } finally {
      await Promise.all(paths.map((path) => rm(path, { force: true })));
    }
  };

  return {
    add: async (uploadId, range, part) => {
      const upload: PartedUpload = uploads.get(uploadId) ?? { parts: new Map() };
      uploads.set(uploadId, upload);
      const earlier = upload.parts.get(range.start);
      upload.parts.set(range.start, { end: range.end, path: part.path });
      if (range.total !== undefined) upload.total = range.total;
      const paths = pathsInOrder(upload);
      // Whoever completes it takes it away before anything else can run.
      if (paths !== undefined) uploads.delete(uploadId);
      if (earlier !== undefined) await rm(earlier.path, { force: true });
      return paths && assemble(paths, part.filename);
    },
    clear: () => uploads.clear(),
  };
}

/** The parts from the first byte to the last, or undefined while one is missing. */
function pathsInOrder({ parts, total }: PartedUpload): string[] | undefined {
  const paths: string[] = [];
  let at = 0;
  while (at !== total) {
    const part = parts.get(at);
    if (part === undefined) return undefined;
    paths.push(part.path);
    at = part.end;
  }
  return paths;
}
