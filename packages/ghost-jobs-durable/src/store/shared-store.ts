import { openStore, type StorePlace } from '@prosora/durable';
import manifest from '../../package.json' with { type: 'json' };
import { type JobStore, migrations } from './tables.ts';

/** A store that both adapters of a process use. */
export interface SharedStore {
  store: JobStore;
  /** Closes it when nobody else uses it. */
  release(): Promise<void>;
}

interface Shared {
  opening: Promise<JobStore>;
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
export async function shareStore(place: StorePlace): Promise<SharedStore> {
  const name = 'file' in place ? place.file : `${place.mysql} ${place.socketPath} ${place.prefix}`;
  const entry = shared.get(name) ?? { opening: openStore({ ...place, migrations }), users: 0 };
  shared.set(name, entry);
  entry.users += 1;
  const release = async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (shared.get(name) === entry) shared.delete(name);
    await (await entry.opening.catch(() => undefined))?.close();
  };
  try {
    return { store: (await entry.opening) as JobStore, release };
  } catch (error) {
    await release();
    throw error;
  }
}
