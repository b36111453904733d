import { randomBytes } from 'node:crypto';
import { ProsoraError } from '@prosora/service';
import * as z from 'zod';
import {
  type Backup,
  backupsIn,
  keepManifest,
  readManifest,
  snapshotsOf,
  TAG,
} from '../repository/backups.ts';
import type { Manifest, TakenPart } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import { compose, containersOf } from '../stack/compose.ts';
import { dumpDatabase } from './dump-database.ts';
import { keepVolumes } from './keep-volumes.ts';
import {
  AFTER_DATABASE,
  BEFORE_DATABASE,
  DATABASE,
  ENGINE,
  placeOf,
  type VolumePart,
} from './parts.ts';

/** A backup that was taken, with what is to be said of it. */
export interface Taken {
  manifest: Manifest;
  snapshot: string;
  /** Why it looks as if something were missing; empty as a rule. */
  doubts: string[];
}

/** What the engine says of a copy that it made. */
const engineBackup = z.object({ name: z.string(), rows: z.record(z.string(), z.number()) });

/**
 * Takes a backup, part by part in the order on which a restored site depends. It counts from the moment at which its
 * manifest is kept: whatever ends it before leaves nothing that a restore would take.
 *
 * @param tell hears of each part
 * @throws ProsoraError that names what failed
 */
export async function takeBackup(place: Place, tell: (line: string) => void): Promise<Taken> {
  const startedAt = new Date();
  const run = `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}Z-${randomBytes(2).toString('hex')}`;
  const former = backupsIn(await snapshotsOf(place)).at(-1);
  const parts: TakenPart[] = [];
  const take = async (
    name: string,
    work: (tags: string[]) => Promise<Omit<TakenPart, 'name' | 'takenAt'>>,
  ) => {
    const takenAt = new Date().toISOString();
    const part = await work([TAG.run(run), TAG.part(name)]);
    parts.push({ name, takenAt, ...part });
    tell(`${name} is kept.`);
  };
  const takeVolumes = (part: VolumePart) =>
    take(part.name, (tags) => keepVolumes(place, part, { tags }));

  for (const part of BEFORE_DATABASE) await takeVolumes(part);
  await take(DATABASE, (tags) => dumpDatabase(place, tags));
  for (const part of AFTER_DATABASE) await takeVolumes(part);
  if (place.services.includes(ENGINE.name)) {
    await take(ENGINE.name, (tags) => keepEngine(place, tags));
  }

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
  const doubts = former ? doubtsOf(manifest, await readManifest(place, former)) : [];
  const snapshot = await keepManifest(place, manifest, {
    number: numberAfter(former),
    isDoubtful: doubts.length > 0,
  });
  return { manifest, snapshot, doubts };
}

const numberAfter = (former: Backup | undefined): number => (former?.number ?? 0) + 1;

/** Its own copy alone is whole: its files are written all the time. */
async function keepEngine(place: Place, tags: string[]) {
  const printed = await compose(place.dir, [
    'exec',
    '-T',
    'engine',
    'prosora-engine',
    'backup',
    '--json',
  ]);
  const { name, rows } = engineBackup.parse(JSON.parse(printed));
  const base = placeOf(ENGINE.name, 'engine_data');
  const more = [`${base}/backups/*`, `!${base}/backups/${name}`];
  const { snapshot } = await keepVolumes(place, ENGINE, { tags, more });
  return { snapshot, rows, engineBackup: name };
}

/** Tables of which a site has never many fewer from one day to the next. */
const STEADY = ['posts', 'members', 'users', 'settings', 'newsletters'];
const FEW = 10;

/** What looks as if something were missing beside the backup before: of a table less than half is left, or of the whole. */
export function doubtsOf(manifest: Manifest, former: Manifest): string[] {
  const database = ({ parts }: Manifest) => parts.find(({ name }) => name === DATABASE);
  const [now, before] = [database(manifest), database(former)];
  const doubts = STEADY.flatMap((table) => {
    const [count = 0, earlier = 0] = [now?.rows[table], before?.rows[table]];
    return earlier >= FEW && count < earlier / 2
      ? [`${table} fell from ${earlier} to ${count}`]
      : [];
  });
  return doubts;
}

/**
 * @throws ProsoraError `DATABASE_ELSEWHERE` where the stack has none of its own; `STACK_DOWN` where there is nothing that
 * could say what it holds
 */
export async function assertRunning({ dir, services }: Place): Promise<void> {
  if (!services.includes('db')) {
    throw new ProsoraError('DATABASE_ELSEWHERE', 'The database is not in this stack.', {
      help: 'Back it up where it is: this command knows no other than its own yet.',
    });
  }
  const containers = await containersOf(dir);
  const runs = (wanted: string) =>
    containers.some(({ service, state }) => service === wanted && state === 'running');
  const missing = ['db', ENGINE.name].filter((name) => services.includes(name) && !runs(name));
  if (missing.length === 0) return;
  throw new ProsoraError('STACK_DOWN', `${missing.join(' and ')} must run for a backup.`, {
    help: '`prosora up` starts the stack.',
  });
}
