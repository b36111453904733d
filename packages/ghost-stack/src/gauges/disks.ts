import { statfs } from 'node:fs/promises';
import type { Subject } from './keep-gauges.ts';

/**
 * The disks that the container sees: by a volume of its own that on which Docker has all volumes. Folders may be on one
 * disk, and what is outside of them, as backups in /var/backups, is seen where it is on that.
 *
 * @param folders by the name of the disk
 */
export function watchDisks(folders: Readonly<Record<string, string>>): Subject {
  return {
    of: 'disks',
    scrapes: 4,
    async read() {
      const size = new Map<string, number>();
      const free = new Map<string, number>();
      for (const [disk, folder] of Object.entries(folders)) {
        const { bsize, blocks, bavail } = await statfs(folder);
        size.set(disk, bsize * blocks);
        free.set(disk, bsize * bavail);
      }
      return { prosora_disk_bytes: ['disk', size], prosora_disk_free_bytes: ['disk', free] };
    },
  };
}
