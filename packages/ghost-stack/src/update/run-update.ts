import { type Finding, findingLine, ProsoraError } from '@prosora/service';
import { backUpNow } from '../backup/back-up-now.ts';
import { keepMeanwhile } from '../backup/keep-minutes.ts';
import { assertRunning } from '../backup/take-backup.ts';
import { throwAway } from '../drill/closed-project.ts';
import type { Manifest } from '../repository/manifest.ts';
import { noteBackups } from '../repository/notes.ts';
import { takeRepository } from '../repository/open-repository.ts';
import type { Place } from '../repository/place.ts';
import { assertRestorable } from '../restore/load-database.ts';
import { countsBetween, countsOfEdge, type EdgeCounts } from '../services/edge-counts.ts';
import { clientOf } from '../services/operator.ts';
import { opsOperations } from '../services/ops-operations.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { readEnvFile, withValues, writeEnvFile } from '../settings/env-file.ts';
import { compose } from '../stack/compose.ts';
import { findFormer, goBack } from './go-back.ts';
import { assertKept, type Fetching, fetchImages, forgetImages, keepFormer } from './images.ts';
import { migrationsIn } from './migrations.ts';
import { rehearsalPlaceOf, rehearse } from './rehearse.ts';
import { stopGhost, swap } from './swap.ts';
import {
  isTouched,
  type OpenUpdate,
  openUpdate,
  readUpdates,
  type Update,
  waysBack,
} from './update-notes.ts';
import { illIn, watchSite } from './watch-site.ts';

/** What an update is asked to be. */
export interface Wanted extends Fetching {
  /** How long the site is watched afterwards. */
  minutes: number;
}

type Tell = (line: string) => void;

/**
 * Takes newer images: fetches them, backs the site up, tries them out where nobody sees it, puts them in their place, and
 * watches the site. What goes wrong before the swap has touched nothing; what goes wrong after it ends with the former
 * images. Each step is on disk before it begins.
 *
 * @returns the update as it ended; undefined where nothing is another than what runs
 * @throws ProsoraError `STACK_DOWN`; `BUSY` while somebody else is at the backups; what `goBack` throws, where a person has
 * to help
 */
export async function runUpdate(place: Place, wanted: Wanted): Promise<Update | undefined> {
  const { dir } = place;
  const { settings, minutes, tell } = wanted;
  await assertRunning(place);
  const atBegin = await edgeNow(dir);
  const update = openUpdate(dir, {
    number: (readUpdates(dir).at(-1)?.number ?? 0) + 1,
    beganAt: new Date().toISOString(),
    step: 'fetching',
    changes: [],
    settings: changesOf(dir, settings),
  });
  try {
    const changes = await fetchImages(dir, wanted);
    if (changes.every(({ services }) => services.length === 0)) {
      await forget(place, update);
      return undefined;
    }
    await keepFormer(dir, place.site, { number: update.now.number, changes });
    update.change({ changes, step: 'backing up' });
    await backUpAndTryOut(place, update, tell);
    // Files of a newer version may name secrets that nobody has made yet.
    await compose(dir, ['run', '--rm', '-T', 'setup']);
  } catch (error) {
    const { code, message } = error as ProsoraError;
    if (code === 'BUSY') {
      await forget(place, update);
      throw error;
    }
    return await end(place, update, { outcome: 'refused', reason: message, code });
  }
  const usual = await edgeBefore(dir, atBegin);
  const [migrations, ill] = [await migrationsIn(place), await illIn(dir)];
  update.change({ migrations, ill, step: 'swapping' });
  return await takeOver(place, update, { usual, minutes }, tell);
}

/**
 * Ends what a run that was killed has left: it throws away what has touched nothing, goes on watching, or goes back.
 */
export async function endUpdate(
  place: Place,
  half: Update,
  minutes: number,
  tell: Tell,
): Promise<Update> {
  const update = openUpdate(place.dir, half);
  if (!isTouched(half)) {
    const settings = effectiveSettings(place.dir, process.env);
    await throwAway(rehearsalPlaceOf(place, settings, half.changes));
    const reason = 'It was cut off before the site was touched.';
    return await end(place, update, { outcome: 'refused', reason });
  }
  const isWatched = half.step === 'watching';
  if (isWatched) return await watch(place, update, { usual: undefined, minutes }, tell);
  // One that was on its way back has its reason.
  const { reason, code } = half.reason ? half : { reason: 'It was cut off.', code: 'CUT_OFF' };
  return await back(place, update, { reason, code }, tell);
}

/**
 * Goes back from updates that are in place.
 *
 * @param way `wayBack` has made it
 * @throws ProsoraError `IMAGE_GONE`, `BACKUP_UNKNOWN` and the like, with nothing touched, where what it needs is gone
 */
export async function rollBack(place: Place, way: Update, tell: Tell): Promise<Update> {
  await assertKept(place.dir, way.changes);
  await findFormer(place, way);
  return await back(place, openUpdate(place.dir, way), { reason: way.reason }, tell);
}

async function backUpAndTryOut(place: Place, update: OpenUpdate, tell: Tell): Promise<void> {
  using _turn = await takeRepository(place);
  const { manifest, failure } = await backUpNow(place, { isUnattended: true, print: tell });
  if (failure) throw new ProsoraError('BACKUP_DOUBTFUL', failure);
  update.change({ backup: manifest.run, step: 'rehearsing' });
  noteHeld(place, update);
  await using _ticks = keepMeanwhile(place);
  await tryOut(place, update, manifest, tell);
  const { migrates } = update.now.rehearsal ?? {};
  if (migrates && place.databaseElsewhere) await assertRestorable(place, false);
}

/** @throws ProsoraError `REHEARSAL_FAILED` with what was found first */
async function tryOut(
  place: Place,
  update: OpenUpdate,
  manifest: Manifest,
  tell: Tell,
): Promise<void> {
  const settings = effectiveSettings(place.dir, process.env);
  const found = (finding: Finding): void => tell(findingLine(finding));
  const rehearsal = await rehearse(place, settings, manifest, update.now.changes, found);
  update.change({ rehearsal });
  const [fault] = rehearsal.findings.filter(({ status }) => status === 'fail');
  if (!fault) return;
  throw new ProsoraError('REHEARSAL_FAILED', `${fault.name}: ${fault.sentence}`);
}

/** How the site is watched. */
interface Watching {
  /** What the edge counted in the time before. */
  usual: EdgeCounts | undefined;
  minutes: number;
}

async function takeOver(
  place: Place,
  update: OpenUpdate,
  watching: Watching,
  tell: Tell,
): Promise<Update> {
  try {
    await writeSettings(place.dir, update.now, 'next');
    await swap(place, 'next', update.now, {
      tell,
      onFault: (fault) => {
        throw fault;
      },
      async beforeGhost() {
        if (!update.now.rehearsal?.migrates) return;
        const stoppedAt = (await stopGhost(place))?.toISOString();
        if (stoppedAt) update.change({ stoppedAt });
      },
    });
  } catch (error) {
    const { message: reason, code } = error as ProsoraError;
    return await back(place, update, { reason, code }, tell);
  }
  update.change({ step: 'watching' });
  return await watch(place, update, watching, tell);
}

async function watch(
  place: Place,
  update: OpenUpdate,
  { usual: before, minutes }: Watching,
  tell: Tell,
): Promise<Update> {
  tell(`The site is watched for ${minutes} min.`);
  const since = await edgeNow(place.dir);
  const { ill = [] } = update.now;
  const { fault, edge } = await watchSite(place, { before, ill, since, minutes });
  if (edge) {
    const { requests, errors } = edge;
    update.change({ watched: { requests, errors } });
  }
  if (fault) return await back(place, update, { reason: fault }, tell);
  return await end(place, update, { outcome: 'taken' });
}

async function back(
  place: Place,
  update: OpenUpdate,
  why: Pick<Update, 'reason' | 'code'>,
  tell: Tell,
): Promise<Update> {
  tell(`${why.reason} The former images come back.`);
  update.change(why);
  await writeSettings(place.dir, update.now, 'former');
  await goBack(place, update, tell);
  return await end(place, update, { outcome: 'undone', ...why });
}

async function end(
  place: Place,
  update: OpenUpdate,
  how: Pick<Update, 'outcome' | 'reason' | 'code'>,
): Promise<Update> {
  update.change({ ...how, endedAt: new Date().toISOString() });
  noteHeld(place, update);
  await forgetImages(place.dir, place.site);
  return update.now;
}

async function forget(place: Place, update: OpenUpdate): Promise<void> {
  update.forget();
  await forgetImages(place.dir, place.site);
}

/** The backups to which there is a way stay. */
function noteHeld({ dir }: Place, { now }: OpenUpdate): void {
  const updates = [...waysBack(readUpdates(dir)), ...(now.endedAt ? [] : [now])];
  noteBackups(dir, { held: updates.flatMap(({ backup }) => backup ?? []) });
}

/** In the hour before, by `ops`; where it does not say, since the update began. */
async function edgeBefore(
  dir: string,
  atBegin: EdgeCounts | undefined,
): Promise<EdgeCounts | undefined> {
  const said = async () => (await clientOf(dir, 'ops', opsOperations)).ask('edge', {});
  const hour = await said().catch(() => undefined);
  if (hour?.past) return hour.past;
  const now = await edgeNow(dir);
  return now && atBegin && countsBetween(atBegin, now);
}

const edgeNow = (dir: string): Promise<EdgeCounts | undefined> =>
  countsOfEdge(dir).catch(() => undefined);

function changesOf(dir: string, settings: Wanted['settings']): Update['settings'] {
  const { values } = readEnvFile(dir);
  return Object.fromEntries(
    Object.entries(settings).map(([name, next]) => [name, { former: values[name] ?? '', next }]),
  );
}

async function writeSettings(
  dir: string,
  { settings }: Update,
  which: 'former' | 'next',
): Promise<void> {
  const values = Object.entries(settings).map(([name, each]) => [name, each[which]]);
  if (values.length === 0) return;
  await writeEnvFile(dir, withValues(readEnvFile(dir).text, Object.fromEntries(values)));
}
