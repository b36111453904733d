import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, openStore, type StorePlace } from '@prosora/durable';
import type { MachineClocks } from '@prosora/service';
import type { Kysely } from 'kysely';
import { MailBridgeError } from '../errors.ts';
import type { Lane } from './message.ts';
import { mailMigrations } from './migrations.ts';
import type { MailQueue, MailStore, MailTables } from './schema.ts';
import { machineOf, openSteadyClock, type SteadyClock } from './steady-clock.ts';

/** The database of a bridge and its queues. */
export interface OpenedMailStore extends SteadyClock {
  store: MailStore;
  queues: MailQueues;
  /** Addresses that are to be taken off Resend's suppression list. */
  suppressions: MailQueue;
}

/** Chunks that are to be sent, by id: those that somebody waits for have a queue and a worker of their own. */
export interface MailQueues {
  urgent: MailQueue;
  chunks: MailQueue;
}

/** Where a bridge keeps what it has accepted: a folder of its own, or a database that bridges share. */
export type MailPlace = ({ dataDir: string } | Exclude<StorePlace, { file: string }>) & {
  /** Makes the store where none is; otherwise that is taken for a disk that is not mounted. (Default: false) */
  mayBeNew?: boolean;
};

/** What a person does when a store was never there. */
const EXPECTED = { toBegin: 'Run "prosora-mail init" once, which makes an empty one.' };

/** The queue that a lane's chunks are in. */
export function queueOf({ urgent, chunks }: MailQueues, lane: Lane): MailQueue {
  return lane === 'transactional' ? urgent : chunks;
}

/**
 * Opens the database that holds everything.
 *
 * @throws MailBridgeError `DATA_DIR` when the folder cannot be made; what `openStore` throws, `STORE_MISSING` among it
 */
export async function openMailStore(
  place: MailPlace,
  clock?: Clock,
  clocks?: MachineClocks,
): Promise<OpenedMailStore> {
  if (place.mayBeNew && 'dataDir' in place) makeFolder(place.dataDir);
  const machine = machineOf(!('dataDir' in place));
  let steady: SteadyClock | undefined;
  const store = await openStore<MailTables>({
    ...('dataDir' in place ? { file: join(place.dataDir, 'mail.db') } : place),
    ...(!place.mayBeNew && { expected: EXPECTED }),
    migrations: mailMigrations,
    clock: async (db) => {
      // The bridge's tables are in the same database; only the types tell them apart.
      const own = db as unknown as Kysely<MailTables>;
      steady = await openSteadyClock(own, machine, { clock, clocks });
      return steady.clock;
    },
  });
  if (steady === undefined) throw new Error('The store was opened without its clock.');
  return {
    store,
    queues: { urgent: store.queue('urgent'), chunks: store.queue('chunk') },
    suppressions: store.queue('suppression'),
    ...steady,
  };
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new MailBridgeError('DATA_DIR', `Cannot make the folder ${dataDir}.`, {
      help: 'Set PROSORA_MAIL_DATA_DIR to a folder that this user may write to.',
      cause,
    });
  }
}
