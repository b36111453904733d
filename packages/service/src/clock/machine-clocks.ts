import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** The clocks of a machine. */
export interface MachineClocks {
  /** The wall clock, in milliseconds since 1970. Anybody may set it at any time. */
  now(): number;
  /** Milliseconds since the machine was started; on Linux its sleep counts. */
  uptimeMs(): number;
  /** Tells one start of the machine from another, since uptimes of two say nothing of each other. */
  bootId: string;
}

/** Those of this machine. */
export const machineClocks: MachineClocks = {
  now: Date.now,
  uptimeMs: () => uptime() * 1_000,
  bootId: readBootId(),
};

/** Where the system does not tell, each process takes itself for the first after a start of the machine. */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return randomUUID();
  }
}
