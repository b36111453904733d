import type { Clock } from '../clock/clock.ts';

/** Wakes one sleeper. A ring while nobody sleeps is kept for the next, so none is missed. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or after `ms`. */
  wait(ms: number): Promise<void>;
}

const ring = 'the bell was rung';

/** Makes a bell that sleeps on `clock`. */
export function createBell(clock: Clock): Bell {
  let ringing = new AbortController();

  return {
    // A reason of its own, since the error that it has without one costs more than a claim.
    ring: () => ringing.abort(ring),
    async wait(ms) {
      if (ms > 0 && !ringing.signal.aborted) await clock.sleep(ms, ringing.signal);
      if (ringing.signal.aborted) ringing = new AbortController();
    },
  };
}
