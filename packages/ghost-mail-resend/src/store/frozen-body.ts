import { createHash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ChunkTable, MailStore, MailTx } from './schema.ts';

/** The bytes of a call as they are kept. */
export interface FrozenBody {
  sha256: string;
  /** Of the bytes, uncompressed. */
  length: number;
  compressed: Uint8Array;
}

/** Copies of one newsletter are so much alike that the fastest level makes one of a hundred. */
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Compresses the bytes of a call, which are no longer needed then. */
export function freezeBody(bytes: Buffer): FrozenBody {
  const compressed = zstdCompressSync(bytes, FASTEST);
  return { sha256: sha256Of(bytes), length: bytes.length, compressed };
}

/** Keeps the very bytes of a call before it is made. */
export async function keepBody(
  tx: MailTx,
  chunkId: string,
  { compressed }: FrozenBody,
): Promise<void> {
  await forgetBody(tx, chunkId);
  await tx.insertInto('chunk_body').values({ chunk_id: chunkId, body: compressed }).execute();
}

/** Drops the bytes of a call that was answered. */
export async function forgetBody(tx: MailTx, chunkId: string): Promise<void> {
  await tx.deleteFrom('chunk_body').where('chunk_id', '=', chunkId).execute();
}

/** The bytes that went out under a chunk's key; undefined where they are gone or not the ones that were hashed. */
export async function readBody(
  store: MailStore,
  { id, sha256 }: ChunkTable,
): Promise<Buffer | undefined> {
  const row = await store.db
    .selectFrom('chunk_body')
    .select('body')
    .where('chunk_id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const bytes = zstdDecompressSync(row.body);
  return sha256Of(bytes) === sha256 ? bytes : undefined;
}

/** The hash that is kept beside the bytes. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
