import { ProsoraError } from '@prosora/service';
import type { Place } from '../repository/place.ts';
import { docker } from '../stack/compose.ts';

/** How much memory programs can still take where Docker runs, in MB. */
export async function freeMemory({ dir, image }: Pick<Place, 'dir' | 'image'>): Promise<number> {
  const run = ['run', '--rm', '--pull', 'never', '--network', 'none', image];
  return availableIn(await docker(dir, [...run, 'cat', '/proc/meminfo']));
}

/** @param meminfo https://docs.kernel.org/filesystems/proc.html#meminfo */
export function availableIn(meminfo: string): number {
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo) ?? [];
  return kilobytes === undefined ? Number.POSITIVE_INFINITY : Math.floor(Number(kilobytes) / 1024);
}

/** @throws ProsoraError `MEMORY_SHORT` where the living site would have to give of its own */
export async function assertMemory(place: Place, neededMb: number, what: string): Promise<void> {
  const free = await freeMemory(place);
  if (free >= neededMb) return;
  throw new ProsoraError(
    'MEMORY_SHORT',
    `${what} takes up to ${neededMb} MB of memory, and ${free} MB are free.`,
    {
      help: 'End what else runs here, or restore the site on another machine: `prosora restore --from`.',
    },
  );
}
