import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError, verb } from '@prosora/service';
import { DATABASE } from '../backup/parts.ts';
import { stackOptions } from '../options.ts';
import { havePassword } from '../repository/ask-password.ts';
import { assertWhole, onlySiteIn, readManifest, snapshotsOf } from '../repository/backups.ts';
import { noteBackups, readNotes } from '../repository/notes.ts';
import { takeRepository } from '../repository/open-repository.ts';
import { findPlace } from '../repository/place.ts';
import { asChosen, chooseAt, chooseLatest } from '../restore/choose-moment.ts';
import { extractBackup } from '../restore/extract-backup.ts';
import { assertEndsHalfRestore, isHalfRestored } from '../restore/half-restore.ts';
import { assertRestorable } from '../restore/load-database.ts';
import { assertPart, PARTS, restoreOwnFiles, restoreSite } from '../restore/restore-site.ts';
import { readEnvFile, withValues, writeEnvFile } from '../settings/env-file.ts';
import { assertInReach } from '../stack/in-reach.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';
import { endByRestore } from '../update/update-notes.ts';

export const restore = verb({
  help: 'Puts the site back as a backup has it; what was there is kept beside',
  args: '[backup]',
  flags: {
    at: {
      type: 'string',
      value: 'TIME',
      help: 'As it was at that time, such as 2026-11-29T14:30:00Z',
    },
    only: { type: 'string', value: 'PART', help: `That part alone: ${PARTS.join(', ')}` },
    'keep-database': {
      type: 'boolean',
      help: 'All but the database, where that at DATABASE_URL is newer than the backup',
    },
    into: {
      type: 'string',
      value: 'FOLDER',
      help: 'Writes the files of the backup there, and changes nothing else',
    },
    from: {
      type: 'string',
      value: 'ADDRESS',
      help: 'Another place of backups than .env names, as on an empty server',
    },
    site: {
      type: 'string',
      value: 'NAME',
      help: 'The site, where the place has backups of several',
    },
  },
  needs: stackOptions,
  async run({
    args: [wanted],
    flags: { at, only, 'keep-database': keepsDatabase, into, from, site },
    options: { dir },
    print,
    show,
  }) {
    assertPart(only);
    if (keepsDatabase && only) throw new UsageError('Say --only or --keep-database, not both.');
    if (into) assertInReach(dir, resolve(dir, into));
    const time = timeOf(at, wanted);
    const place = await findPlace(dir, from);
    await havePassword(place);
    place.site = site ?? (from ? await onlySiteIn(place) : place.site);
    using _turn = await takeRepository(place);
    const snapshots = await snapshotsOf(place);
    const chosen = time ? chooseAt(snapshots, time, new Date()) : chooseLatest(snapshots, wanted);
    const { base: backup, replay } = chosen;
    const manifest = asChosen(await readManifest(place, backup), chosen);
    assertWhole(manifest, snapshots);
    if (into) {
      const folder = resolve(dir, into);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      await extractBackup(place, manifest, { folder, only, replay });
      show({ run: backup.run, folder }, () => `${backup.run} is in ${folder}.`);
      return 0;
    }
    assertEndsHalfRestore(dir, only);
    return await oneAtATime(dir, `restore ${backup.run}`, async () => {
      if (from) {
        const put = await restoreOwnFiles(place, manifest);
        if (put.length > 0)
          print(`${put.join(' and ')} of the backup ${put.length > 1 ? 'are' : 'is'} here.`);
        const { text } = readEnvFile(dir);
        await writeEnvFile(dir, withValues(text, { BACKUP_REPOSITORY: from }));
      }
      const own = from ? await findPlace(dir, from) : place;
      const here = { ...own, site: place.site };
      const isLoaded = !keepsDatabase && (only === undefined || only === DATABASE);
      const isStrange = from !== undefined && !isHalfRestored(dir);
      if (here.databaseElsewhere && isLoaded) await assertRestorable(here, isStrange);
      const moment = at ? `--at ${at}` : (wanted ?? 'latest');
      const words = keepsDatabase ? `${moment} --keep-database` : moment;
      const options = { only, keepsDatabase, replay, words, tell: print };
      const left = await restoreSite(here, manifest, options);
      if (isLoaded) endByRestore(dir);
      // On another server under the same name the backups are this site's own, and are gone on with.
      if (from && own.site === here.site && readNotes(dir).newest === undefined) {
        const newest = { run: backup.run, at: backup.takenAt.toISOString() };
        noteBackups(dir, { newest, since: newest.at, place: here.url });
      }
      if (from) left.push('Let the DNS of DOMAIN lead to this server, if it is another one.');
      show({ run: backup.run, takenAt: manifest.startedAt, left }, () => [
        `The site is as it was at ${manifest.startedAt}.`,
        ...(left.length > 0 ? ['Left for you:', ...left.map((line) => `- ${line}`)] : []),
      ]);
      return 0;
    });
  },
});

/** @throws UsageError for what is no time, or beside a backup's name */
function timeOf(at: string | undefined, wanted: string | undefined): Date | undefined {
  if (at === undefined) return undefined;
  if (wanted !== undefined) throw new UsageError('Say a backup or --at, not both.');
  const time = new Date(at);
  if (/^\d{4}-\d\d-\d\dT/.test(at) && !Number.isNaN(time.getTime())) return time;
  throw new UsageError(`"${at}" is no time.`, 'Say it like 2026-11-29T14:30:00Z.');
}
