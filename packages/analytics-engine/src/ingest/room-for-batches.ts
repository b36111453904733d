import { statfs } from 'node:fs/promises';
import { EngineError } from '../errors.ts';

/** Whether batches can be written, for `/readyz`. */
export interface RoomForBatches {
  /** Writes a batch and remembers whether there was room for it. */
  watch<Result>(write: () => Promise<Result>): Promise<Result>;
  /** @throws EngineError `DATABASE_EXHAUSTED` when the last batch had no room, or the next will have none */
  assertThere(): Promise<void>;
}

/** The largest batch, in the journal and again in the tables. */
const LEAST_FREE_BYTES = 20_000_000;
/** A refusal is no longer the truth when nobody has tried since: whoever obeys `/readyz` sends nothing. */
const REMEMBERED_MS = 60_000;
const MB = 1_000_000;

/** For the disk of a data directory, and for what the database says of memory. */
export function watchRoom(dataDir: string): RoomForBatches {
  let refused: { why: string; at: number } | undefined;
  return {
    async watch(write) {
      try {
        const result = await write();
        refused = undefined;
        return result;
      } catch (error) {
        const isFull = error instanceof EngineError && error.code === 'DATABASE_EXHAUSTED';
        if (isFull) refused = { why: error.message, at: performance.now() };
        throw error;
      }
    },
    async assertThere() {
      if (refused && performance.now() - refused.at < REMEMBERED_MS) {
        throw noRoom(`the last batch was refused: ${refused.why}`);
      }
      const { bavail, bsize } = await statfs(dataDir);
      const freeBytes = bavail * bsize;
      if (freeBytes >= LEAST_FREE_BYTES) return;
      throw noRoom(`${Math.floor(freeBytes / MB)} MB free, and a batch may take 20 MB`);
    },
  };
}

function noRoom(message: string): EngineError {
  return new EngineError('DATABASE_EXHAUSTED', message);
}
