import { text } from 'node:stream/consumers';
import { snapshotsOf } from './backups.ts';
import type { Place } from './place.ts';
import { restic, startRestic } from './restic.ts';

/** What `restic check --json` says last. */
interface Checked {
  num_errors: number;
  broken_packs: string[] | null;
}

/**
 * Takes out of a repository what cannot be read there. Until then restic believes that it has it, and leaves it out of
 * every later backup as well: https://restic.readthedocs.io/en/stable/077_troubleshooting.html. What of it is still on
 * the site the next backup brings, for those before it too.
 *
 * @returns whether anything was damaged
 */
export async function takeOutDamage(place: Place): Promise<boolean> {
  const checking = startRestic(place, ['check', '--read-data', '--json']);
  checking.stdin.end();
  const last = (await text(checking.stdout)).trim().split('\n').at(-1) ?? '';
  const { said } = await checking.ended;
  const { num_errors: errors, broken_packs: broken } = summaryOf(last, said);
  if (errors === 0) return false;
  if (broken?.length) await restic(place, ['repair', 'packs', ...broken]);
  // Forgets files that are gone.
  await restic(place, ['repair', 'index']);
  return true;
}

function summaryOf(line: string, said: string): Checked {
  try {
    return JSON.parse(line) as Checked;
  } catch (cause) {
    throw new Error(`restic check did not say how it ended. ${said}`, { cause });
  }
}

/**
 * Forgets the parts of backups that no later one has mended.
 *
 * @returns how many there were
 */
export async function forgetUnreadable(place: Place): Promise<number> {
  const ids = async () => (await snapshotsOf(place)).map(({ id }) => id);
  const before = new Set(await ids());
  // Writes each without what is lost, in its place.
  await restic(place, ['repair', 'snapshots', '--forget', '--host', place.site]);
  const maimed = (await ids()).filter((id) => !before.has(id));
  if (maimed.length > 0) await restic(place, ['forget', ...maimed]);
  return maimed.length;
}
