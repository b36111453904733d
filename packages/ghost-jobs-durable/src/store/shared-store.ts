import { openStore, type StorePlace } from '@prosora/durable';
import manifest from '../../package.json' with { type: 'json' };
import type { Log } from '../config/ghost.ts';
import { mendFile } from './mend-file.ts';
import { type JobStore, type JobTables, migrations } from './tables.ts';

/** A store that both adapters of a process use. */
export interface SharedStore {
  store: JobStore;
  /** Closes it when nobody else uses it. */
  release(): Promise<void>;
}

interface Opened {
  store: JobStore;
  /** Resolves when the file holds what the store does. */
  mended(): Promise<void>;
}

interface Shared {
  opening: Promise<Opened>;
  users: number;
}

/** Two bundles have no module in common, and two connections of one process that write would block each other. */
const shared = (() => {
  const places = globalThis as { [key: symbol]: Map<string, Shared> | undefined };
  const key = Symbol.for(`prosora.jobs.${manifest.version}`);
  places[key] ??= new Map();
  return places[key];
})();

/** Opens the store of a place, or joins whoever has it open in this process. @throws what `openStore` throws */
export async function shareStore(place: StorePlace, log: Log): Promise<SharedStore> {
  const name = 'file' in place ? place.file : `${place.mysql} ${place.socketPath} ${place.prefix}`;
  const entry = shared.get(name) ?? { opening: open(place, log), users: 0 };
  shared.set(name, entry);
  entry.users += 1;
  const release = async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (shared.get(name) === entry) shared.delete(name);
    const opened = await entry.opening.catch(() => undefined);
    await opened?.mended();
    await opened?.store.close();
  };
  try {
    return { store: (await entry.opening).store, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function open(place: StorePlace, log: Log): Promise<Opened> {
  const store = await openStore<JobTables>({ ...place, migrations });
  if (!('file' in place)) return { store, mended: async () => undefined };
  return { store, mended: mendFile({ file: place.file, store, log }) };
}
