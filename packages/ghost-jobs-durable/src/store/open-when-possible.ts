import { setTimeout as sleep } from 'node:timers/promises';
import type { StorePlace } from '@prosora/durable';
import type { Log } from '../config/ghost.ts';
import { type SharedStore, shareStore } from './shared-store.ts';
import { createStoreTeller } from './tell-of-store.ts';

const againMs = 5_000;

/**
 * Opens the store, and goes on trying where that fails: a site is better with Ghost and without its jobs than with
 * neither. The first attempt is waited for, the others are not.
 *
 * @param then is called once, with the opened store
 */
export async function openWhenPossible(
  { place, log, signal }: { place: StorePlace; log: Log; signal: AbortSignal },
  then: (opened: SharedStore) => Promise<void> | void,
): Promise<void> {
  const tell = createStoreTeller(log, 'file' in place ? place.file : undefined);
  const attempt = async (): Promise<boolean> => {
    let opened: SharedStore;
    try {
      opened = await shareStore(place, log);
    } catch (error) {
      tell(error);
      return false;
    }
    if (signal.aborted) await opened.release();
    else await then(opened);
    return true;
  };
  const goOn = async () => {
    while (!signal.aborted) {
      await sleep(againMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted && (await attempt())) return;
    }
  };
  if (!(await attempt())) void goOn();
}
