import { totalmem } from 'node:os';

const MB = 2 ** 20;
const SHARE = 0.3;
const LEAST_MB = 384;
/** More would only fill caches. */
const MOST_MB = 1_536;

/** Memory of this machine or of the container that we run in, in MB. */
export function machineMemoryMb(): number {
  // Without a limit Node reports 2^64 or 0.
  return Math.floor(Math.min(totalmem(), process.constrainedMemory() || Infinity) / MB);
}

/**
 * What the database may use when nobody says: 30 % of the machine, since Ghost and its database are
 * there too, within 384 and 1,536 MB. `npm run bench -- engine` shows what each bears.
 */
export function defaultMemoryLimitMb(machineMb: number): number {
  return Math.round(Math.min(MOST_MB, Math.max(LEAST_MB, machineMb * SHARE)));
}
