import { setTimeout as sleep } from 'node:timers/promises';

/** Asks Ghost which callbacks it still wants. */
export interface Asking {
  /** Resolves when Ghost has asked anew for all of them, each with a new token. */
  ask(): Promise<void>;
  /** Asks, and says whether Ghost asked for this one. */
  isStillWanted(id: string): Promise<boolean>;
  /** Has to be told of each callback that Ghost asks for. */
  hear(id: string): void;
}

/** Asking reads all scheduled posts. */
const atMostEveryMs = 2_000;

/**
 * Makes Ghost rebuild its schedule, as it does itself after a change of its key. What it has done, or does not want any
 * more, is not among it.
 *
 * @param rescheduleAll is Ghost's own; it resolves when every rescheduler has had its turn
 */
export function createAsking(rescheduleAll: () => Promise<unknown>): Asking {
  let heard = new Set<string>();
  let begunAt = Number.NEGATIVE_INFINITY;
  let next: Promise<Set<string>> | undefined;

  async function run(): Promise<Set<string>> {
    await sleep(Math.max(0, begunAt + atMostEveryMs - performance.now()));
    begunAt = performance.now();
    // Who asks from here on wants to know what is so later.
    next = undefined;
    const mine = new Set<string>();
    heard = mine;
    await rescheduleAll();
    return mine;
  }

  function ask(): Promise<Set<string>> {
    next ??= run();
    return next;
  }

  return {
    ask: async () => void (await ask()),
    isStillWanted: async (id) => (await ask()).has(id),
    hear: (id) => void heard.add(id),
  };
}
