import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { sql } from 'kysely';
import type { Log } from '../config/ghost.ts';
import type { JobStore } from './tables.ts';

/** How much of what was accepted a SIGKILL can cost once the file is gone. */
const lookEveryMs = 2_000;

/**
 * Writes a store's file again that was deleted, or replaced, while it is open: SQLite goes on with what nobody else can
 * see, and the next boot would find nothing.
 *
 * @returns how to end that: what is in the store then is in the file
 */
export function mendFile({
  file,
  store,
  log,
}: {
  file: string;
  store: JobStore;
  log: Log;
}): () => Promise<void> {
  const { ino: inode, mode } = statSync(file);
  let isGone = false;
  let writing = Promise.resolve();

  function isThere(): boolean {
    try {
      return statSync(file, { throwIfNoEntry: false })?.ino === inode;
    } catch {
      // A folder that cannot be read says nothing of the file.
      return true;
    }
  }

  async function write(): Promise<void> {
    const copy = `${file}.mended`;
    rmSync(copy, { force: true });
    // The connection that reads may not write, not even elsewhere.
    await sql`pragma query_only = false`.execute(store.db);
    try {
      await sql`vacuum into ${copy}`.execute(store.db);
    } finally {
      await sql`pragma query_only = true`.execute(store.db);
    }
    chmodSync(copy, mode);
    for (const part of ['-wal', '-shm']) rmSync(`${file}${part}`, { force: true });
    renameSync(copy, file);
  }

  function look(): Promise<void> {
    if (!isGone && isThere()) return writing;
    if (!isGone) {
      log.error(
        `[prosora-jobs] ${file} was deleted or replaced. It is written again from what is open; restart Ghost soon, since a crash costs the last ${lookEveryMs / 1_000} s.`,
      );
    }
    isGone = true;
    writing = writing.then(write).catch((error: Error) => {
      log.error(`[prosora-jobs] ${file} could not be written again: ${error.message}`);
    });
    return writing;
  }

  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await look();
  };
}
