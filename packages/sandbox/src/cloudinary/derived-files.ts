import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RenderedImage, type RenderRequest, renderImage } from './render-image.ts';

/** A derived image on disk. */
export interface DerivedFile extends RenderedImage {
  path: string;
}

/** Renders each derived image once and keeps the latest on disk. */
export interface DerivedFiles {
  /** The derived image of a version, made now if it is not there. */
  get(versionId: string, request: Omit<RenderRequest, 'to'>): Promise<DerivedFile>;
  clear(): void;
}

const MAX_BYTES = 256 * 1024 * 1024;

/** Opens an empty cache in a folder: derived images are made again after a restart. */
export function openDerivedFiles(dir: string): DerivedFiles {
  let made = new Map<string, Promise<DerivedFile>>();
  let total = 0;
  const clear = (): void => {
    made = new Map();
    total = 0;
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
  };
  clear();

  const make = async (key: string, request: Omit<RenderRequest, 'to'>): Promise<DerivedFile> => {
    const path = join(dir, `${key}.${request.format}`);
    const unfinished = `${path}.unfinished`;
    try {
      const rendered = await renderImage({ ...request, to: unfinished });
      await rename(unfinished, path);
      total += rendered.bytes;
      return { ...rendered, path };
    } catch (error) {
      made.delete(key);
      await rm(unfinished, { force: true });
      throw error;
    }
  };

  const evict = async (): Promise<void> => {
    for (const [key, promise] of made) {
      if (total <= MAX_BYTES) return;
      const file = await promise;
      if (!made.delete(key)) continue;
      total -= file.bytes;
      await rm(file.path, { force: true });
    }
  };

  return {
    clear,
    get: async (versionId, request) => {
      const { steps, format } = request;
      const key = createHash('sha256')
        .update(JSON.stringify([versionId, steps, format]))
        .digest('hex');
      const existing = made.get(key);
      // Least recently used first, so that eviction takes from the front.
      if (existing !== undefined) made.delete(key);
      const file = existing ?? make(key, request);
      made.set(key, file);
      const done = await file;
      if (total > MAX_BYTES) await evict();
      return done;
    },
  };
}
