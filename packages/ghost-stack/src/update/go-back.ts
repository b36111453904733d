import { breakMinutes } from '../backup/minutes.ts';
import { DATABASE } from '../backup/parts.ts';
import { assertWhole, readManifest, snapshotsOf } from '../repository/backups.ts';
import { type Manifest, type TakenPart, takenIn } from '../repository/manifest.ts';
import { takeRepository } from '../repository/open-repository.ts';
import type { Place } from '../repository/place.ts';
import { chooseTick, type Replay } from '../restore/choose-moment.ts';
import { holdDuePosts } from '../restore/hold-due-posts.ts';
import { loadDatabase } from '../restore/load-database.ts';
import { tellServices } from '../restore/tell-services.ts';
import { compose } from '../stack/compose.ts';
import { patiently } from '../stack/patiently.ts';
import { pointTo } from './images.ts';
import { isLocked, migrationsIn } from './migrations.ts';
import { startWords, swap } from './swap.ts';
import type { OpenUpdate, Update } from './update-notes.ts';
import { keepWhatCameSince } from './what-came-since.ts';

/** A drill that `ops` has begun may take a while. */
const UNTIL_OTHERS_END = { tries: 120, everyMs: 10_000 };

/**
 * Puts the former images back, and where Ghost has changed its database the database from before: else the former Ghost
 * would start on a schema that it does not know, or on the lock of a migration that was killed. What was written since is
 * kept in a file. Each step may be repeated; a service that does not come up keeps none of the others from it.
 *
 * @throws ProsoraError `BACKUP_UNKNOWN`, `BACKUP_DAMAGED`, `MOMENT_UNKNOWN`, and what a restore throws: with the new Ghost
 * running again, if it does
 */
export async function goBack(
  place: Place,
  update: OpenUpdate,
  tell: (line: string) => void,
): Promise<void> {
  const { dir } = place;
  using _turn = await patiently(() => takeRepository(place), UNTIL_OTHERS_END);
  update.change({ step: 'going back' });
  await pointTo(dir, 'former', update.now.changes);
  // It may be about to change the database, or amid it.
  if (update.now.rehearsal?.migrates !== false) await compose(dir, ['stop', 'ghost']);
  const former = await findFormer(place, update.now).catch(goOnWithNew);
  const left: string[] = [];
  await swap(place, 'former', update.now, {
    tell,
    onFault: ({ message }) => left.push(message),
    async beforeGhost() {
      if (former === undefined) return;
      await compose(dir, ['stop', 'ghost']);
      await putDatabaseBack(place, update, former, tell).catch(goOnWithNew);
    },
  });
  update.change({ left: [...(update.now.left ?? []), ...left] });

  async function goOnWithNew(error: Error): Promise<never> {
    await pointTo(dir, 'next', update.now.changes);
    await compose(dir, ['up', '--detach', '--no-build', '--no-deps', 'ghost']).catch(() => {});
    throw error;
  }
}

/** A database as the repository has it. */
interface Former {
  manifest: Manifest;
  part: TakenPart;
  replay: Replay | undefined;
  moment: Date;
  /** It is in its place already. */
  isBack: boolean;
}

/**
 * Finds the database that has to come back; undefined where the one that is there is the one from before.
 *
 * @throws ProsoraError where it has to, and is not there
 */
export async function findFormer(
  place: Place,
  { migrations, backup = '', stoppedAt, since, left }: Update,
): Promise<Former | undefined> {
  if (migrations === undefined) return undefined;
  if (!place.databaseElsewhere) await compose(place.dir, startWords('db'));
  const isChanged = (await migrationsIn(place)) !== migrations || (await isLocked(place));
  // One that was killed on its way may have put it back, and told nobody yet.
  const isHalf = since !== undefined && left === undefined;
  if (!isChanged && !isHalf) return undefined;
  const snapshots = await snapshotsOf(place);
  const moment = stoppedAt ? new Date(stoppedAt) : undefined;
  const { base, replay } = chooseTick(snapshots, backup, moment);
  const manifest = await readManifest(place, base);
  assertWhole(manifest, snapshots);
  const part = takenIn(manifest, DATABASE);
  return {
    manifest,
    part,
    replay,
    moment: replay?.moment ?? new Date(part.takenAt),
    isBack: !isChanged,
  };
}

async function putDatabaseBack(
  place: Place,
  update: OpenUpdate,
  { manifest, part, replay, moment, isBack }: Former,
  tell: (line: string) => void,
): Promise<void> {
  if (!isBack) {
    update.change({ since: (await keepWhatCameSince(place, moment, update.now.number)) ?? null });
    breakMinutes(place.dir);
    await loadDatabase(place, part, replay);
  }
  tell(`database is as it was at ${moment.toISOString()}.`);
  const held = await holdDuePosts(place);
  const left = await tellServices(
    place,
    { ...manifest, startedAt: moment.toISOString() },
    DATABASE,
  );
  if (held.length > 0) {
    left.unshift(`These posts may have been published since; they are drafts: ${held.join(', ')}.`);
  }
  update.change({ left: [...left, ...linesOf(update.now)] });
}

function linesOf({ since }: Update): string[] {
  if (!since) return [];
  const counts = Object.entries(since.counts)
    .filter(([, count]) => count > 0)
    .map(([table, count]) => `${count} ${table}`);
  return [
    `Written since, and not in the database any more: ${counts.join(', ')}. They are in ${since.file}.`,
  ];
}
