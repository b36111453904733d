import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';

/** A folder for backups, and how it and all that the command notes of it go again. */
export async function openRepository(): Promise<{ folder: string; remove(): Promise<void> }> {
  const care = path.join(inject('stack').dir, '.prosora/care');
  const folder = await mkdtemp(path.join(tmpdir(), 'prosora-backups-'));
  return {
    folder,
    async remove() {
      await rm(folder, { recursive: true });
      for (const name of await readdir(care)) {
        if (/^(backup|minutes)/.test(name)) await rm(path.join(care, name), { recursive: true });
      }
    },
  };
}
