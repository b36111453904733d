import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, openStore } from '@prosora/durable';
import { MailBridgeError } from './errors.ts';
import { mailMigrations } from './migrations.ts';
import type { MailQueue, MailStore, MailTables } from './schema.ts';

/** The file of a bridge and its two queues. */
export interface OpenedMailStore {
  store: MailStore;
  /** Chunks that are to be sent, by id. */
  chunks: MailQueue;
  /** Addresses that are to be taken off Resend's suppression list. */
  suppressions: MailQueue;
}

/**
 * Opens the one file that holds everything.
 *
 * @throws MailBridgeError `DATA_DIR` when the folder cannot be made; what `openStore` throws
 */
export async function openMailStore(dataDir: string, clock?: Clock): Promise<OpenedMailStore> {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new MailBridgeError('DATA_DIR', `Cannot make the folder ${dataDir}.`, {
      help: 'Set PROSORA_MAIL_DATA_DIR to a folder that this user may write to.',
      cause,
    });
  }
  const store = await openStore<MailTables>({
    file: join(dataDir, 'mail.db'),
    migrations: mailMigrations,
    ...(clock && { clock }),
  });
  return { store, chunks: store.queue('chunk'), suppressions: store.queue('suppression') };
}
