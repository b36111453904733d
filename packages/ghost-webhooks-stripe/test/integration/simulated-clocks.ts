import type { MachineClocks } from '@prosora/service';

/** A machine whose wall clock is set at will, beside the time as it truly is. */
export interface SimulatedClocks extends MachineClocks {
  truth(): number;
  pass(ms: number): void;
  /** Sets the wall clock so far from the true time. */
  setOff(ms: number): void;
}

/** Begins one, by default at the machine's own time. */
export function createSimulatedClocks(start = Date.now()): SimulatedClocks {
  let truth = start;
  let offMs = 0;
  return {
    bootId: 'one boot',
    truth: () => truth,
    now: () => truth + offMs,
    uptimeMs: () => truth - start,
    pass: (ms) => {
      truth += ms;
    },
    setOff: (ms) => {
      offMs = ms;
    },
  };
}
