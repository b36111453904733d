import type { Finding } from '@prosora/service';
import { keepCare, readCare } from '../stack/care-files.ts';

/** What a drill found. */
export interface DrillReport {
  /** The backup that was restored. */
  run: string;
  beganAt: string;
  endedAt: string;
  isProven: boolean;
  findings: readonly Finding[];
}

const FILE = 'drills.json';
/** More are of use to nobody. */
const MOST = 100;

/** Every report of this folder, the oldest first; a drill that was cut off has none. */
export const readDrills = (dir: string): DrillReport[] => readCare<DrillReport[]>(dir, FILE) ?? [];

export function keepDrill(dir: string, report: DrillReport): void {
  keepCare(dir, FILE, [...readDrills(dir), report].slice(-MOST));
}
