import type { ClockRecord, MachineClocks, SavedClock } from '../src/index.ts';

/** A machine whose wall clock can be set, and which can be switched off, beside the time as it truly is. */
export interface SimulatedClocks extends MachineClocks {
  /** The true time, in milliseconds since 1970. */
  truth(): number;
  /** Lets time pass while the machine runs or sleeps. */
  pass(ms: number): void;
  /** Sets the wall clock ahead, or back with a negative number. */
  step(ms: number): void;
  /** Sets the wall clock right. */
  correct(): void;
  /** Switches the machine off for a while; its clock goes on with the error that it has. */
  reboot(offMs: number): void;
}

export function createSimulatedClocks(start = Date.UTC(2026, 0, 1)): SimulatedClocks {
  let truth = start;
  let startedAt = start;
  let errorMs = 0;
  let boots = 0;
  return {
    truth: () => truth,
    now: () => truth + errorMs,
    uptimeMs: () => truth - startedAt,
    get bootId() {
      return `boot ${boots}`;
    },
    pass(ms) {
      truth += ms;
    },
    step(ms) {
      errorMs += ms;
    },
    correct() {
      errorMs = 0;
    },
    reboot(offMs) {
      truth += offMs;
      startedAt = truth;
      boots += 1;
    },
  };
}

/** Kept as a file keeps it: through JSON. */
export function recordInMemory(read: (text: string) => SavedClock | undefined): ClockRecord {
  let text = '';
  return {
    read: () => read(text),
    write(saved) {
      text = JSON.stringify(saved);
    },
  };
}
