import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ProsoraError } from '@prosora/service';
import { breakMinutes } from '../backup/minutes.ts';
import { DATABASE, ENGINE, ownFilesOf, VOLUME_PARTS } from '../backup/parts.ts';
import type { Manifest, TakenPart } from '../repository/manifest.ts';
import { composeOf, type Place } from '../repository/place.ts';
import { assertEnded, startScript } from '../repository/restic.ts';
import { readEnvFile, withValues, writeEnvFile } from '../settings/env-file.ts';
import { careFolder } from '../stack/care-files.ts';
import { compose } from '../stack/compose.ts';
import type { Replay } from './choose-moment.ts';
import { forgetHalfRestore, noteHalfRestore } from './half-restore.ts';
import { holdDuePosts } from './hold-due-posts.ts';
import { loadDatabase } from './load-database.ts';
import { putVolumes } from './put-volumes.ts';
import { tellServices } from './tell-services.ts';

/** Each of these may be restored by itself. */
export const PARTS = [DATABASE, ...VOLUME_PARTS.map(({ name }) => name)];

/** A new version of Ghost changes its database at its first start. */
const LONGEST_START_S = '900';

interface RestoreOptions {
  /** A part, where not all is wanted. */
  only: string | undefined;
  /** All but the database, which is elsewhere and newer. */
  keepsDatabase: boolean;
  /** What the database is brought to from its dump. */
  replay: Replay | undefined;
  /** With which a run that is cut off is gone on with. */
  words: string;
  tell: (line: string) => void;
}

/**
 * Puts a site back as a backup has it, or a part of it. Nothing is thrown away: what was there stands beside. The site is
 * stopped meanwhile, and starts once all is in its place and each service was told.
 *
 * @returns what is left for a person, a sentence each
 * @throws ProsoraError that names what failed; before all is in its place `prosora up` then refuses
 */
export async function restoreSite(
  place: Place,
  manifest: Manifest,
  { only, keepsDatabase, replay, words, tell }: RestoreOptions,
): Promise<string[]> {
  const { dir } = place;
  const wanted = (name: string): TakenPart | undefined =>
    only === undefined || only === name
      ? manifest.parts.find((part) => part.name === name)
      : undefined;
  const aside = noteHalfRestore(dir, { run: manifest.run, only, words });
  breakMinutes(dir);
  await compose(dir, ['--profile', '*', 'stop']);
  tell('The site is stopped.');
  // Makes the volumes, with what the images have in them.
  await compose(dir, ['create', '--quiet-pull']);

  for (const part of VOLUME_PARTS) {
    const taken = wanted(part.name);
    if (!taken) continue;
    // Present secrets fit the present database, whose server knows them; so does a present certificate.
    const onlyEmpty = part.name === 'secrets';
    const put = await putVolumes(place, part, taken.snapshot, { onlyEmpty, aside });
    tell(put.length > 0 ? `${part.name} is in its place.` : `${part.name} stays as it is.`);
    if (taken.engineBackup && place.services.includes(ENGINE.name)) {
      await restoreEngine(place, taken.engineBackup);
    }
  }
  const database = keepsDatabase ? undefined : wanted(DATABASE);
  const left: string[] = [];
  if (database) {
    if (!place.databaseElsewhere) await compose(dir, ['up', '--detach', '--wait', 'db']);
    tell('database is loaded beside what is there.');
    await loadDatabase(place, database, replay, aside);
    const rows = Object.values(database.rows).reduce((sum, count) => sum + count, 0);
    const since = replay ? `, and what was written until ${replay.moment.toISOString()}` : '';
    tell(`database is in its place: ${rows} rows${since}.`);
    const held = await holdDuePosts(place);
    if (held.length > 0) {
      left.push(
        `These posts were to be published since the backup, and may have been: ${held.join(', ')}. They are drafts, so that no newsletter goes out twice: publish what was not.`,
      );
    }
  }
  left.push(...(await tellServices(place, manifest, only)));
  forgetHalfRestore(dir);
  await compose(dir, ['up', '--detach', '--wait', '--wait-timeout', LONGEST_START_S]);
  return left;
}

/** Has the engine put a copy of its own, which is in its volume, in the place of its data. */
export async function restoreEngine(place: Place, name: string): Promise<void> {
  const run = ['run', '--rm', '-T', '--no-deps', ENGINE.name];
  await composeOf(place, [...run, 'prosora-engine', 'restore', name]);
}

/**
 * Puts the stack's own files where there are none: on an empty server its settings come first, since they name
 * everything else. A setting that stands here already stays.
 */
export async function restoreOwnFiles(place: Place, { parts }: Manifest): Promise<string[]> {
  const snapshot = parts.find(({ name }) => name === 'secrets')?.snapshot ?? '';
  const draft = join(careFolder(place.dir), 'own-files');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const owner = `${process.getuid?.()}:${process.getgid?.()}`;
  const started = startScript(
    place,
    'volume=/target; $RESTIC restore --no-lock "$1" --target /target || exit; chown -R "$2" /target || fail',
    [`${snapshot}:/prosora/secrets/stack`, owner],
    { mounts: [`${draft}:/target`] },
  );
  started.stdin.end();
  await Promise.all([text(started.stdout), assertEnded(started, 'restore')]);
  const put: string[] = [];
  for (const name of ownFilesOf(readEnvFile(draft).values)) {
    const [from, to] = [join(draft, name), join(place.dir, name)];
    if (!existsSync(from) || (existsSync(to) && name !== '.env')) continue;
    if (name === '.env') {
      const here = readEnvFile(place.dir).values;
      await writeEnvFile(place.dir, withValues(await readFile(from, 'utf8'), here));
    } else {
      await mkdir(dirname(to), { recursive: true });
      await rename(from, to);
    }
    put.push(name);
  }
  await rm(draft, { recursive: true, force: true });
  return put;
}

/** @throws ProsoraError `USAGE` for what is no part of a backup */
export function assertPart(only: string | undefined): void {
  if (only === undefined || PARTS.includes(only)) return;
  throw new ProsoraError('USAGE', `A backup has no part "${only}".`, {
    help: `Say ${PARTS.join(', ')}.`,
  });
}
