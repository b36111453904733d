import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { ProsoraError } from '@prosora/service';
import { forgetCare, keepCare, readCare } from '../stack/care-files.ts';
import { noteBackups } from './notes.ts';
import { openRepository } from './open-repository.ts';
import { keepPassword, type Place } from './place.ts';
import { hasRepository, restic } from './restic.ts';

const FILE = 'backup-password-change.json';

/** A change that is under way, as the run that ends it finds it. */
interface Change {
  next: string;
  /** By which restic knows the former password. */
  formerKey: string;
}

/** A key of the repository, as restic lists it. */
interface Key {
  id: string;
  current: boolean;
}

/**
 * Replaces the password of a repository. The next one is on disk before the repository knows it, and is shown before the
 * former one ends, so a run that was killed leaves one that works, and is ended by the next.
 *
 * @returns the new one
 * @throws ProsoraError `BACKUP_MISSING` without a repository; what `restic` throws
 */
export async function rotatePassword(place: Place, print: (line: string) => void): Promise<string> {
  const { dir, passwordFile } = place;
  if (!(await hasRepository(place))) {
    throw new ProsoraError('BACKUP_MISSING', 'There are no backups yet, and so no password.', {
      help: '`prosora backup now` takes the first and shows its password.',
    });
  }
  await openRepository(place);
  const change = readCare<Change>(dir, FILE) ?? {
    next: randomBytes(24).toString('base64url'),
    formerKey: (await keysOf(place)).find(({ current }) => current)?.id ?? '',
  };
  keepCare(dir, FILE, change);
  const next = { ...place, passwordFile: `${passwordFile}.next` };
  keepPassword(next.passwordFile, change.next);
  const isKnown = await hasRepository(next).catch((error: ProsoraError) => {
    if (error.code === 'BACKUP_PASSWORD') return false;
    throw error;
  });
  if (!isKnown) {
    const mounts = [`${next.passwordFile}:/run/next-password:ro`];
    await restic(place, ['key', 'add', '--new-password-file', '/run/next-password'], { mounts });
  }
  keepPassword(passwordFile, change.next);
  for (const line of wordsOfPassword(change.next, place)) print(line);
  const former = (await keysOf(place)).filter(({ id }) => id === change.formerKey);
  if (former.length > 0) await restic(place, ['key', 'remove', change.formerKey]);
  noteBackups(dir, { isPasswordUnseen: false });
  rmSync(next.passwordFile, { force: true });
  forgetCare(dir, FILE);
  return change.next;
}

async function keysOf(place: Place): Promise<Key[]> {
  return JSON.parse(await restic(place, ['key', 'list', '--json', '--no-lock'])) as Key[];
}

/** What whoever has a new password has to know. */
export const wordsOfPassword = (password: string, { url, passwordFile }: Place): string[] => [
  `The backups in ${url} are encrypted. Their password is`,
  '',
  `    ${password}`,
  '',
  'Write it down now, away from this server: it is not shown again. Without it nobody can read the backups, neither you',
  `nor we. This server keeps it in ${passwordFile}.`,
];
