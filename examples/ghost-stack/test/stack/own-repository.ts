import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';

/** A folder for backups, and how it and all that the command notes of it go again. */
export async function openRepository(): Promise<{ folder: string; remove(): Promise<void> }> {
  const care = path.join(inject('stack').dir, '.prosora/care');
  const folder = await mkdtemp(path.join(tmpdir(), 'prosora-backups-'));
  return {
    folder,
    async remove() {
      await rm(folder, { recursive: true });
      for (const name of await readdir(care)) {
        if (/^(backup|minutes)/.test(name)) await rm(path.join(care, name), { recursive: true });
      }
    },
  };
}

/** A disk of its own on which a folder lies, which can be full, and can go. */
export interface Disk extends Disposable {
  /** Leaves no more room than so many KB; all of it again with `undefined`. */
  fill(leftKb: number | undefined): void;
  /** What is at work there goes on; who comes now finds an empty folder. */
  unmount(): void;
  mount(): void;
}

const SIZE_MB = 256;

/** Puts a disk, in memory, in the place of a folder. It takes root. */
export function mountDisk(folder: string): Disk {
  const disk = `${folder}-disk`;
  const run = (program: string, ...words: string[]) =>
    execFileSync(program, words, { encoding: 'utf8' });
  const filling = path.join(disk, 'filling');
  run('mkdir', '--parents', path.join(disk));
  run('mount', '-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', disk);
  const inner = path.join(disk, 'backups');
  run('mkdir', inner);
  const mount = () => void run('mount', '--bind', inner, folder);
  const unmount = () => void run('umount', '--lazy', folder);
  mount();
  return {
    fill(leftKb) {
      run('rm', '--force', filling);
      if (leftKb === undefined) return;
      const free = Number(run('df', '--output=avail', disk).split('\n')[1]);
      run('fallocate', '--length', `${free - leftKb}KiB`, filling);
    },
    mount,
    unmount,
    [Symbol.dispose]() {
      unmount();
      run('umount', '--lazy', disk);
      run('rmdir', disk);
    },
  };
}
