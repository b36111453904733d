/** Bytes to upload, from memory or from disk. */
export type UploadBytes = BytesInMemory | BytesOnDisk;

/** A `Blob` is such. */
export interface BytesInMemory {
  /** In bytes. */
  readonly size: number;
  /** The bytes from one position up to another. */
  slice(from: number, until: number): Blob | Promise<Blob>;
  pieces?: never;
}

/**
 * No Blob, though Node has one of a file: when the file changes, `fetch` rejects a promise of its own
 * that nobody can catch (Node 24).
 */
interface BytesOnDisk {
  /** In bytes. */
  readonly size: number;
  slice?: never;
  /** The bytes from one position up to another, 1 MB in memory at most. A piece is valid until 15 more were taken. */
  pieces: (from: number, until: number) => AsyncIterable<Uint8Array>;
}
