import { createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ChunkTable, MailStore, MailTx } from './schema.ts';

/**
 * Keeps the very bytes of a call before it is made. A hundred copies of one newsletter are much alike, so
 * compressed they take about as much as one.
 */
export async function keepBody(tx: MailTx, chunkId: string, bytes: Buffer): Promise<void> {
  await forgetBody(tx, chunkId);
  await tx
    .insertInto('chunk_body')
    .values({ chunk_id: chunkId, body: zstdCompressSync(bytes) })
    .execute();
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
