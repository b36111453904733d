import { ProsoraError, UsageError, verb } from '@prosora/service';
import { type Attendance, backUpNow, type TakenNow } from '../backup/back-up-now.ts';
import { keepMinutes } from '../backup/keep-minutes.ts';
import { verifyBackup } from '../backup/verify-backup.ts';
import { stackOptions } from '../options.ts';
import { type Backup, backupsIn, findBackup, snapshotsOf } from '../repository/backups.ts';
import { noteBackups } from '../repository/notes.ts';
import { openRepository, takeRepository } from '../repository/open-repository.ts';
import { findPlace, type Place } from '../repository/place.ts';
import { forgetUnreadable, takeOutDamage } from '../repository/repair-repository.ts';

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
    const attendance = { isUnattended: unattended, print };
    if (word === 'now') showTaken(await backUpNow(place, attendance), show);
    else await repair(place, attendance, show);
    return 0;
  },
});

type Show = (result: object, format: () => string[]) => void;

/** @throws ProsoraError `BACKUP_DOUBTFUL` once it is shown */
function showTaken({ failure, doubts, forgotten, kept, ...taken }: TakenNow, show: Show): void {
  const run = taken.manifest.run;
  const { snapshot, password } = taken;
  show({ run, snapshot, doubts, forgotten, kept, password }, () => [
    `${run} is whole.`,
    ...doubts.map((doubt) => `! Is something missing? ${doubt}.`),
    ...(forgotten.length > 0 ? [`Old backups went: ${forgotten.join(', ')}.`] : []),
    ...(kept ? [`No old backup went. ${kept}`] : []),
  ]);
  if (failure === undefined) return;
  throw new ProsoraError('BACKUP_DOUBTFUL', failure, {
    help: 'Look at the site; it is kept, and so are all before it.',
  });
}

async function repair(place: Place, attendance: Attendance, show: Show): Promise<void> {
  await openRepository(place);
  attendance.print('All of it is read, which takes its time.');
  if (!(await takeOutDamage(place))) {
    noteBackups(place.dir, { damage: undefined });
    show({ isDamaged: false }, () => ['Nothing in it is damaged.']);
    return;
  }
  attendance.print('What cannot be read is taken out. What of it is on the site comes in again:');
  const taken = await backUpNow(place, attendance, async () => {
    const count = await forgetUnreadable(place);
    if (count > 0) {
      attendance.print(
        `Of ${count} snapshots of old backups something is lost: those backups cannot be restored.`,
      );
    }
    noteBackups(place.dir, { damage: undefined });
  });
  showTaken(taken, show);
}

function lines(backups: readonly Backup[]): string[] {
  if (backups.length === 0) return ['There is no backup yet: `prosora backup now` takes one.'];
  return backups.map(({ run, isProven, isDoubtful }) =>
    [run, isProven ? 'proven by a drill' : '', isDoubtful ? 'suspiciously little in it' : '']
      .filter(Boolean)
      .join('  '),
  );
}
