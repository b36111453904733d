import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** When the engine last looked at the clock, and whether it has jumped since. */
export interface ClockState {
  read(): Promise<{ lastLook: number; isDoubted: boolean } | undefined>;
  write(state: { lastLook: number; isDoubted: boolean }): Promise<void>;
}

/** The one of a data directory. */
export function clockStateOf(dataDir: string): ClockState {
  const file = join(dataDir, 'clock.json');
  return {
    async read() {
      try {
        return JSON.parse(await readFile(file, 'utf8'));
      } catch {
        return undefined;
      }
    },
    async write(state) {
      await writeFile(file, JSON.stringify(state), { mode: 0o600 });
    },
  };
}
