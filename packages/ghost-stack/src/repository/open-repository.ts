import { join } from 'node:path';
import { ProsoraError, tryFileLock } from '@prosora/service';
import { careFolder } from '../stack/care-files.ts';
import { docker } from '../stack/compose.ts';
import { patiently } from '../stack/patiently.ts';
import { readNotes } from './notes.ts';
import { closedProjectOf, OWNER_LABEL, openPassword, type Place } from './place.ts';
import { lookInto, restic } from './restic.ts';

/**
 * Takes a stack's repository for this run alone. What a killed run of this folder has left at work is ended first: its
 * containers live on without it, and so does the project of a drill.
 *
 * @throws ProsoraError `BUSY` while another run of this folder has it
 */
export async function takeRepository(place: Place): Promise<Disposable> {
  const { dir, owner } = place;
  const lock = await patiently(async () => lockOf(dir), AS_LONG_AS_A_TICK);
  const drill = closedProjectOf(place, 'drill');
  const labels = [`${OWNER_LABEL}=${owner}`, `com.docker.compose.project=${drill}`];
  const found = labels.map((label) =>
    docker(dir, ['ps', '--all', '--quiet', '--filter', `label=${label}`]),
  );
  const left = (await Promise.all(found)).join('').split('\n').filter(Boolean);
  if (left.length > 0) await docker(dir, ['rm', '--force', ...left]);
  return lock;
}

/** Every minute `ops` keeps what was written since, which is no reason to send a person away. */
const AS_LONG_AS_A_TICK = { tries: 10, everyMs: 1_000 };

function lockOf(dir: string): Disposable {
  const lock = tryFileLock(join(careFolder(dir), 'backup-lock'));
  if (lock) return lock;
  throw new ProsoraError('BUSY', 'Another run is at the backups right now.', {
    help: 'Wait until it has ended.',
  });
}

/**
 * Makes sure that there is a repository that this run may write to. The first time it is made; what a killed run of
 * this folder holds of it is let go. Where this folder has backups already none is made: its disk is not mounted.
 *
 * @returns the password where it was made just now, for a person to keep
 * @throws ProsoraError `BACKUP_MISSING` where there was one; `BACKUP_LOCKED` while a run elsewhere holds it; what
 * `restic` throws
 */
export async function openRepository(place: Place): Promise<{ newPassword: string | undefined }> {
  const { password, isNew } = openPassword(place);
  const locks = await lookInto(place, ['list', 'locks']);
  if (locks === undefined) {
    if (readNotes(place.dir).place === place.url) {
      throw new ProsoraError('BACKUP_MISSING', `The backups that were in ${place.url} are gone.`, {
        help: 'Is its disk mounted? For a new beginning give BACKUP_REPOSITORY another place.',
      });
    }
    await restic(place, ['init']);
  } else await letGoOfOwnLocks(place, locks.split('\n').filter(Boolean));
  return { newPassword: isNew ? password : undefined };
}

/**
 * The caller has the repository for itself as far as this folder goes, so a lock of this folder is that of a run that
 * was killed. restic by itself holds on to it for half an hour.
 */
async function letGoOfOwnLocks(place: Place, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const locks = await Promise.all(
    ids.map(async (id) => {
      const printed = await restic(place, ['cat', 'lock', id, '--no-lock']).catch(() => '{}');
      return JSON.parse(printed) as { hostname?: string; time?: string };
    }),
  );
  const others = locks.filter(({ hostname }) => hostname !== undefined && hostname !== place.owner);
  if (others.length > 0) {
    // Those that are stale by restic's own rule go; what is left says restic with the next command.
    await restic(place, ['unlock']);
    return;
  }
  await restic(place, ['unlock', '--remove-all']);
}
