import { randomBytes } from 'node:crypto';
import { ProsoraError } from '@prosora/service';
import {
  type Backup,
  backupsIn,
  keepManifest,
  readManifest,
  snapshotsIn,
  TAG,
} from '../repository/backups.ts';
import type { Manifest, TakenPart } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import { ticksIn } from '../repository/ticks.ts';
import { containersOf } from '../stack/compose.ts';
import { dumpDatabase } from './dump-database.ts';
import { keepVolumes } from './keep-volumes.ts';
import { breakMinutes, lineFrom, noteMinutes } from './minutes.ts';
import { AFTER_DATABASE, BEFORE_DATABASE, DATABASE, ENGINE, type VolumePart } from './parts.ts';

/** A backup that was taken, with what is to be said of it. */
export interface Taken {
  manifest: Manifest;
  snapshot: string;
  /** Why it looks as if something were missing; empty as a rule. */
  doubts: string[];
}

/**
 * Takes a backup, part by part in the order on which a restored site depends. It counts from the moment at which its
 * manifest is kept: whatever ends it before leaves nothing that a restore would take.
 *
 * @param tell hears of each part
 * @param words for restic
 * @throws ProsoraError that names what failed
 */
export async function takeBackup(
  place: Place,
  tell: (line: string) => void,
  words: readonly string[] = [],
): Promise<Taken> {
  const startedAt = new Date();
  const run = `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}Z-${randomBytes(2).toString('hex')}`;
  const snapshots = await snapshotsIn(place);
  const former = backupsIn(snapshots).at(-1);
  const parts: TakenPart[] = [];
  const note = (part: TakenPart) => {
    parts.push(part);
    tell(`${part.name} is kept.`);
  };
  const tagsFor = (...names: string[]) => [TAG.run(run), ...names.map(TAG.part)];
  const takeVolumes = async (wanted: readonly VolumePart[]) => {
    const takenAt = new Date().toISOString();
    const tags = tagsFor(...wanted.map(({ name }) => name));
    const { contents, snapshot, bytes } = await keepVolumes(place, wanted, { tags, words });
    // What each of several has of them restic does not say.
    const own = wanted.length === 1 ? { bytes } : {};
    for (const part of contents) note({ ...part, ...own, takenAt, snapshot });
  };

  await takeVolumes(BEFORE_DATABASE);
  const takenAt = new Date().toISOString();
  const database = await dumpDatabase(place, tagsFor(DATABASE));
  note({ name: DATABASE, takenAt, ...database });
  const dumpedAt = new Date();
  const isHere = (part: VolumePart) => part !== ENGINE || place.services.includes(ENGINE.name);
  for (const group of AFTER_DATABASE) await takeVolumes(group.filter(isHere));

  const images = (await containersOf(place.dir)).map(({ service, image }) => [service, image]);
  const endedAt = new Date().toISOString();
  const manifest: Manifest = {
    version: 1,
    run,
    startedAt: startedAt.toISOString(),
    endedAt,
    images: Object.fromEntries(images),
    parts,
  };
  // One that cannot be read, as in a repository that is damaged, says nothing of this one.
  const before = former && (await readManifest(place, former).catch(() => undefined));
  const doubts = before ? doubtsOf(manifest, before) : [];
  const after = await lineFrom(place, run, database, {
    moment: dumpedAt,
    ticks: ticksIn(snapshots),
  });
  const snapshot = await keepManifest(place, manifest, {
    number: numberAfter(former),
    isDoubtful: doubts.length > 0,
    line: after?.line,
  });
  if (after) noteMinutes(place.dir, after.minutes);
  else breakMinutes(place.dir);
  return { manifest, snapshot, doubts };
}

const numberAfter = (former: Backup | undefined): number => (former?.number ?? 0) + 1;

/** Tables of which a site has never many fewer from one day to the next. */
const STEADY = ['posts', 'members', 'users', 'settings', 'newsletters'];
const FEW = 10;

/**
 * What looks as if something were missing beside the backup before: of a table less than half is left, a volume has
 * nothing in it any more, or a store is gone.
 */
export function doubtsOf(manifest: Manifest, former: Manifest): string[] {
  const database = ({ parts }: Manifest) => parts.find(({ name }) => name === DATABASE);
  const [now, before] = [database(manifest), database(former)];
  const doubts = STEADY.flatMap((table) => {
    const [count = 0, earlier = 0] = [now?.rows[table], before?.rows[table]];
    return earlier >= FEW && count < earlier / 2
      ? [`${table} fell from ${earlier} to ${count}`]
      : [];
  });
  const missing = former.parts.flatMap((part) => {
    const here = manifest.parts.find(({ name }) => name === part.name);
    if (here === undefined || part.name === DATABASE) return [];
    if (part.bytes && here.bytes === 0) return [`${part.name} is empty`];
    const stores = storesIn(here);
    return [...storesIn(part)]
      .filter((store) => !stores.has(store))
      .map((store) => `${part.name} has no ${store} any more`);
  });
  return [...doubts, ...missing];
}

/** The SQLite stores that a part has rows of, but for those of second collectors, which come and go. */
const storesIn = ({ rows }: TakenPart): Set<string> =>
  new Set(Object.keys(rows).flatMap((name) => /^([^/]+)\/[^/]+$/.exec(name)?.[1] ?? []));

/** @throws ProsoraError `STACK_DOWN` where there is nothing that could say what it holds */
export async function assertRunning({ dir, services }: Place): Promise<void> {
  const containers = await containersOf(dir);
  const runs = (wanted: string) =>
    containers.some(({ service, state }) => service === wanted && state === 'running');
  const missing = ['db', ENGINE.name].filter((name) => services.includes(name) && !runs(name));
  if (missing.length === 0) return;
  throw new ProsoraError('STACK_DOWN', `${missing.join(' and ')} must run for a backup.`, {
    help: '`prosora up` starts the stack.',
  });
}
