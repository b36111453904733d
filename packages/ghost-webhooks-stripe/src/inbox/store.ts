import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  type Clock,
  openStore,
  PERMIT,
  type Store,
  type StorePlace,
  systemClock,
} from '@prosora/durable';
import { type InboxTables, inboxMigrations } from './tables.ts';

/** A store with the inbox's tables. */
export type InboxStore = Store<InboxTables>;

/** The name of an inbox's file in its folder. */
export const INBOX_FILE = 'inbox.db';

/** Where an inbox is. */
export interface InboxPlace {
  /** The SQLite file; made with mode 0600. */
  file: string;
  /** `mysql://user:password@host/database` in place of the file, for several processes. */
  mysql?: string | undefined;
  /** Refuses a place without an inbox, which may be a disk that is not mounted. (Default: one is made) */
  mustExist?: boolean;
}

/** What a person does when an inbox was never there. */
const EXPECTED = { toBegin: 'Run "prosora-stripe init" once, which makes an empty one.' };

/**
 * When the newest event came in, in milliseconds since 1970; for a look before the inbox is opened.
 *
 * @throws as `openInbox`
 */
export async function newestEventAt(place: InboxPlace): Promise<number | undefined> {
  await using store = (await openInboxStore(place, systemClock)).store;
  const row = await store.db
    .selectFrom('stripe_event')
    .select('received_at')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.received_at;
}

/** Opens the tables of an inbox, or makes them. @throws as `openInbox` */
export async function openInboxStore(
  { file, mysql, mustExist }: InboxPlace,
  clock: Clock,
): Promise<{ place: StorePlace; store: InboxStore }> {
  const place: StorePlace = mysql ? { mysql } : { file };
  const expected = mustExist ? EXPECTED : undefined;
  if ('file' in place && (expected === undefined || isPermitted(file))) prepareFile(file);
  const migrations = inboxMigrations;
  return { place, store: await openStore<InboxTables>({ ...place, expected, migrations, clock }) };
}

/** Whether an installer has allowed to make an inbox beside this file. */
function isPermitted(file: string): boolean {
  return existsSync(join(dirname(file), PERMIT));
}

/** Makes a new file such that the pages of deleted events can be given back to the disk. */
function prepareFile(file: string): void {
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
    using database = new DatabaseSync(file);
    database.exec('pragma auto_vacuum = incremental; vacuum');
  } catch {
    // Another process makes it at this moment, or the disk says no: opening the store says which.
  }
}
