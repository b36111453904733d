import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isStoreUnavailable } from '@prosora/durable';
import { readNote, writeNote } from './notes.ts';
import type { MailStore } from './schema.ts';
import type { MailPlace } from './store.ts';

/** Remembers whether the last thing that had to be written could be. */
export interface WriteFate {
  /** The store, whose transactions are watched. */
  readonly store: MailStore;
  /** Hears of a write that failed elsewhere, in a worker. */
  failed(): void;
  /**
   * After a write that failed tries one that is large enough to tell.
   *
   * @throws Error with a sentence while it fails
   */
  check(): Promise<void>;
}

/**
 * A message of a thousand recipients; the log of SQLite may have room for less while the disk is full, so that a
 * small write says nothing.
 */
const TRIED_BYTES = 4 * 1024 * 1024;

/** Watches the writes of a store. */
export function watchWrites(store: MailStore, place: MailPlace): WriteFate {
  let hasFailed = false;
  let trying: Promise<void> | undefined;

  const watched: MailStore = Object.create(store, {
    transaction: {
      value: async (...work: Parameters<MailStore['transaction']>) => {
        try {
          return await store.transaction(...work);
        } catch (error) {
          if (isStoreUnavailable(error)) hasFailed = true;
          throw error;
        }
      },
    },
  });

  async function tryToWrite(): Promise<void> {
    try {
      if ('dataDir' in place) tryFile(join(place.dataDir, 'write-test'));
      await store.transaction(async (tx) => {
        await writeNote(tx, 'chores-at', (await readNote(tx, 'chores-at')) ?? '');
      });
      hasFailed = false;
    } catch (cause) {
      const { code = '' } = cause as NodeJS.ErrnoException;
      throw new Error(
        `the last write failed, and so does another try (${code}); is the disk full?`,
        {
          cause,
        },
      );
    }
  }

  return {
    store: watched,
    failed() {
      hasFailed = true;
    },
    async check() {
      if (!hasFailed) return;
      trying ??= tryToWrite().finally(() => {
        trying = undefined;
      });
      await trying;
    },
  };
}

function tryFile(file: string): void {
  try {
    const handle = openSync(file, 'w', 0o600);
    try {
      writeSync(handle, Buffer.alloc(TRIED_BYTES));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } finally {
    rmSync(file, { force: true });
  }
}
