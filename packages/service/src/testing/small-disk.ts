import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, which is soon full. It goes when it is disposed of. */
export interface SmallDisk extends Disposable {
  folder: string;
  /** Takes what is left of it but `spareBytes`. */
  fill(spareBytes?: number): void;
  /** Gives back what `fill` took. */
  clear(): void;
}

const PAGE = new Uint8Array(4_096);

/** Mounts one of so many megabytes; undefined where mounting is not allowed. */
export function mountSmallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-disk-'));
  const tmpfs = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder];
  try {
    execFileSync('mount', tmpfs, { stdio: 'pipe' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const ballast = join(folder, 'ballast');
  const spare = join(folder, 'spare');
  return {
    folder,
    fill(spareBytes = 0) {
      writeFileSync(spare, new Uint8Array(spareBytes));
      const file = openSync(ballast, 'a');
      try {
        for (;;) writeSync(file, PAGE);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
        rmSync(spare);
      }
    },
    clear: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]() {
      // Lazily, or what a failed test left open would hide why it failed.
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
