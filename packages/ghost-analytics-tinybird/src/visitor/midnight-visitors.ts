import { appendFileSync, rmSync } from 'node:fs';
import { readFileIfPresent } from '../spool/atomic-file.ts';

/** The ids of who was here shortly before midnight, so that a visit over it stays one. */
export interface MidnightVisitors {
  add(id: string): void;
  has(id: string): boolean;
  /** Takes in what other processes wrote. */
  reload(): void;
  /** Forgets all, on disk too. */
  clear(): void;
}

/** More than that begin a new visit at midnight. */
const MAX_KEPT = 100_000;

/**
 * Opens the list of a data directory. It is shared by all processes and outlives each; ids of a salt
 * that is gone match nobody, so a line too many does no harm, and one that cannot be written only makes
 * one visit two.
 */
export function openMidnightVisitors(file: string): MidnightVisitors {
  const read = () => new Set((readFileIfPresent(file) ?? '').split('\n').filter(Boolean));
  let ids = read();

  return {
    add(id) {
      if (ids.has(id) || ids.size >= MAX_KEPT) return;
      ids.add(id);
      try {
        appendFileSync(file, `${id}\n`, { mode: 0o600 });
      } catch {
        // A full disk: see above.
      }
    },
    has: (id) => ids.has(id),
    reload() {
      ids = read();
    },
    clear() {
      if (ids.size === 0) return;
      ids = new Set();
      rmSync(file, { force: true });
    },
  };
}
