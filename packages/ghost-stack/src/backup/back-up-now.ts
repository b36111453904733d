import { existsSync } from 'node:fs';
import { forgetOld } from '../repository/forget.ts';
import { noteBackups, readNotes } from '../repository/notes.ts';
import { openRepository } from '../repository/open-repository.ts';
import type { Place } from '../repository/place.ts';
import { wordsOfPassword } from '../repository/rotate-password.ts';
import { READ_ALL } from './keep-volumes.ts';
import { DATABASE } from './parts.ts';
import { assertRunning, type Taken, takeBackup } from './take-backup.ts';

/** Who reads what is printed, and how. */
export interface Attendance {
  /** Nobody: a new password is kept, and not shown. */
  isUnattended: boolean;
  print(line: string): void;
}

/** A backup, with what became of the others. */
export interface TakenNow extends Taken {
  /** Runs that went, and why none did. */
  forgotten: string[];
  kept: string | undefined;
  /** Where it was made just now. */
  password: string | undefined;
  /** Why it is doubted. */
  failure: string | undefined;
}

/**
 * Takes a backup, notes it and lets old ones go. The caller has the repository for itself.
 *
 * @param mend where the repository was damaged: done before old backups go, since none does while something of one that
 * stays is missing
 */
export async function backUpNow(
  place: Place,
  { isUnattended, print }: Attendance,
  mend?: () => Promise<void>,
): Promise<TakenNow> {
  try {
    await assertRunning(place);
    if (!existsSync(place.passwordFile)) noteBackups(place.dir, { isPasswordUnseen: true });
    const { newPassword } = await openRepository(place);
    const password = isUnattended ? undefined : newPassword;
    if (password) {
      for (const line of wordsOfPassword(password, place)) print(line);
      noteBackups(place.dir, { isPasswordUnseen: false });
    }
    const taken = await takeBackup(place, print, mend && READ_ALL);
    const { manifest, doubts } = taken;
    const failure =
      doubts.length > 0 ? `It has suspiciously little in it: ${doubts.join(', ')}.` : undefined;
    const { binlog } = manifest.parts.find(({ name }) => name === DATABASE) ?? {};
    const newest = {
      run: manifest.run,
      at: manifest.startedAt,
      hasNoLog: binlog === undefined,
      isElsewhere: place.databaseElsewhere !== undefined,
    };
    const { since = newest.at } = readNotes(place.dir);
    noteBackups(place.dir, { newest, since, place: place.url, failure, minutesFailure: undefined });
    await mend?.();
    const { runs, kept } = await forgetOld(place, new Date());
    noteBackups(place.dir, { kept });
    return { ...taken, forgotten: runs, kept, password, failure };
  } catch (error) {
    noteBackups(place.dir, { failure: (error as Error).message });
    throw error;
  }
}
