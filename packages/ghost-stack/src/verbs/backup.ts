import { existsSync } from 'node:fs';
import { ProsoraError, UsageError, verb } from '@prosora/service';
import { keepMinutes } from '../backup/keep-minutes.ts';
import { READ_ALL } from '../backup/keep-volumes.ts';
import { DATABASE } from '../backup/parts.ts';
import { assertRunning, takeBackup } from '../backup/take-backup.ts';
import { verifyBackup } from '../backup/verify-backup.ts';
import { stackOptions } from '../options.ts';
import { type Backup, backupsIn, findBackup, snapshotsOf } from '../repository/backups.ts';
import { forgetOld } from '../repository/forget.ts';
import { noteBackups, readNotes } from '../repository/notes.ts';
import { openRepository, takeRepository } from '../repository/open-repository.ts';
import { findPlace, type Place } from '../repository/place.ts';
import { forgetUnreadable, takeOutDamage } from '../repository/repair-repository.ts';
import { wordsOfPassword } from '../repository/rotate-password.ts';

const WORDS = ['now', 'minutes', 'list', 'verify', 'repair'];

export const backup = verb({
  help: 'Backs everything up, or what was written since; lists the backups, reads the newest as a restore would, or mends the repository',
  args: '<now|minutes|list|verify|repair>',
  flags: {
    unattended: {
      type: 'boolean',
      help: 'Nobody reads what it prints: a new password is kept, and `doctor` says what to do',
    },
  },
  needs: stackOptions,
  async run({ args: [word = ''], flags: { unattended }, options: { dir }, print, show }) {
    if (!WORDS.includes(word)) {
      throw new UsageError(
        `\`prosora backup\` takes no word "${word}".`,
        `Say ${WORDS.join(', ')}.`,
      );
    }
    const place = await findPlace(dir);
    if (word === 'list') {
      const backups = backupsIn(await snapshotsOf(place));
      show(backups, lines);
      return 0;
    }
    if (word === 'minutes') {
      const kept = await keepMinutes(place, print);
      show(kept ?? {}, () =>
        kept
          ? `All that was written before ${kept.moment.toISOString()} is kept.`
          : 'Of the database at DATABASE_URL there are dumps alone: `prosora backup now` takes one.',
      );
      return 0;
    }
    using _turn = await takeRepository(place);
    if (word === 'verify') {
      const backup = findBackup(backupsIn(await snapshotsOf(place)));
      await openRepository(place);
      const read = await verifyBackup(place, backup, print).catch((error: ProsoraError) => {
        const isDamage = error.code === 'BACKUP_DAMAGED';
        noteBackups(dir, { [isDamage ? 'damage' : 'failure']: error.message });
        throw error;
      });
      noteBackups(dir, { damage: undefined });
      show(
        { backup, ...read },
        () => `${backup.run} is whole: ${read.rows} rows, ${read.parts} parts.`,
      );
      return 0;
    }
    const attendance = { isUnattended: unattended, print, show };
    if (word === 'now') await backUpNow(place, attendance);
    else await repair(place, attendance);
    return 0;
  },
});

async function repair(place: Place, attendance: Attendance): Promise<void> {
  await openRepository(place);
  attendance.print('All of it is read, which takes its time.');
  if (!(await takeOutDamage(place))) {
    noteBackups(place.dir, { damage: undefined });
    attendance.show({ isDamaged: false }, () => ['Nothing in it is damaged.']);
    return;
  }
  attendance.print('What cannot be read is taken out. What of it is on the site comes in again:');
  await backUpNow(place, attendance, async () => {
    const count = await forgetUnreadable(place);
    if (count > 0) attendance.print(`${count} parts of old backups are lost; those lack them now.`);
    noteBackups(place.dir, { damage: undefined });
  });
}

/** Who reads what is printed, and how. */
interface Attendance {
  isUnattended: boolean;
  print(line: string): void;
  show(result: object, format: () => string[]): void;
}

/**
 * @param mend where the repository was damaged: done before old backups go, since none does while something of one that
 * stays is missing
 */
async function backUpNow(
  place: Place,
  { isUnattended, print, show }: Attendance,
  mend?: () => Promise<void>,
): Promise<void> {
  try {
    await assertRunning(place);
    if (!existsSync(place.passwordFile)) noteBackups(place.dir, { isPasswordUnseen: true });
    const { newPassword } = await openRepository(place);
    const password = isUnattended ? undefined : newPassword;
    if (password) {
      for (const line of wordsOfPassword(password, place)) print(line);
      noteBackups(place.dir, { isPasswordUnseen: false });
    }
    const { manifest, doubts, snapshot } = await takeBackup(place, print, mend && READ_ALL);
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
    show({ run: manifest.run, snapshot, doubts, forgotten: runs, kept, password }, () => [
      `${manifest.run} is whole.`,
      ...doubts.map((doubt) => `! Is something missing? ${doubt}.`),
      ...(runs.length > 0 ? [`Old backups went: ${runs.join(', ')}.`] : []),
      ...(kept ? [`No old backup went. ${kept}`] : []),
    ]);
    if (failure)
      throw new ProsoraError('BACKUP_DOUBTFUL', failure, {
        help: 'Look at the site; it is kept, and so are all before it.',
      });
  } catch (error) {
    noteBackups(place.dir, { failure: (error as Error).message });
    throw error;
  }
}

function lines(backups: readonly Backup[]): string[] {
  if (backups.length === 0) return ['There is no backup yet: `prosora backup now` takes one.'];
  return backups.map(({ run, isProven, isDoubtful }) =>
    [run, isProven ? 'proven by a drill' : '', isDoubtful ? 'suspiciously little in it' : '']
      .filter(Boolean)
      .join('  '),
  );
}
