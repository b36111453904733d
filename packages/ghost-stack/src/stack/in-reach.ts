import { sep } from 'node:path';
import { UsageError } from '@prosora/service';

/**
 * The command's image (Dockerfile, `ops`) is given the stack's folder alone: what it wrote elsewhere would be gone with its
 * container.
 *
 * @param place a whole path
 * @throws UsageError where that is outside, and the command runs in its image
 */
export function assertInReach(dir: string, place: string): void {
  if (!process.env['PROSORA_IN_IMAGE'] || `${place}${sep}`.startsWith(`${dir}${sep}`)) return;
  throw new UsageError(`${place} is outside of the stack's folder.`, 'Name a place below it.');
}
