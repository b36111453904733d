import { Readable } from 'node:stream';
import { ProsoraError } from '@prosora/service';
import { type Manifest, manifestSchema } from './manifest.ts';
import { isRemote, type Place } from './place.ts';
import { hasRepository, keepStream, lookInto, restic } from './restic.ts';

/** A whole backup, as the repository lists it. */
export interface Backup {
  run: string;
  /** Of the snapshot that holds its manifest. */
  snapshot: string;
  /** Higher than that of every earlier one, whatever the clock said. */
  number: number;
  takenAt: Date;
  /** A drill has shown that it can be restored. */
  isProven: boolean;
  /** It has suspiciously little in it. */
  isDoubtful: boolean;
  /** Where its dump stands in the binary log; undefined where the server kept none. */
  line: Line | undefined;
}

/** From where a backup can be brought to a later moment. */
export interface Line {
  /** The sequence of binary logs, named for the run that began it. */
  log: string;
  /** The number of the file that the dump ended in. */
  from: number;
  /** The last tick of that log that was before. */
  after: number;
  /** The database is not newer than this. */
  moment: Date;
}

/** A snapshot of restic's. */
export interface Snapshot {
  id: string;
  time: string;
  tags?: string[];
}

/** Tags of snapshots. */
export const TAG = {
  run: (run: string) => `run=${run}`,
  number: (number: number) => `number=${number}`,
  part: (part: string) => `part=${part}`,
  /** On the manifest alone. */
  whole: 'whole',
  proven: 'proven',
  doubtful: 'doubtful',
} as const;

const MANIFEST = '/manifest.json';

/** A slow disk may take a minute for thousands of them. */
const LISTING_MS = 600_000;

/** Every snapshot that this site has, where there is a repository at all. */
export async function snapshotsOf(place: Place): Promise<Snapshot[]> {
  // That a server does not answer shows soon by a short question alone: thousands of snapshots may take it long.
  if (isRemote(place.url)) return (await hasRepository(place)) ? await snapshotsIn(place) : [];
  const printed = await lookInto(place, wordsFor(place), LISTING_MS);
  return printed === undefined ? [] : readSnapshots(printed);
}

/** The same of a repository that was opened. */
export async function snapshotsIn(place: Place): Promise<Snapshot[]> {
  return readSnapshots(await restic(place, [...wordsFor(place), '--no-lock']));
}

const wordsFor = ({ site }: Place): string[] => ['snapshots', '--json', '--host', site];

const readSnapshots = (printed: string): Snapshot[] =>
  (JSON.parse(printed) as Snapshot[] | null) ?? [];

/**
 * The one site that has backups in a repository, whatever the project here is called.
 *
 * @throws ProsoraError `BACKUP_UNKNOWN` where there is none, or several
 */
export async function onlySiteIn(place: Place): Promise<string> {
  const printed = await restic(place, ['snapshots', '--json', '--no-lock', '--tag', TAG.whole]);
  const snapshots = (JSON.parse(printed) as { hostname: string }[] | null) ?? [];
  const [site, ...others] = new Set(snapshots.map(({ hostname }) => hostname));
  if (site !== undefined && others.length === 0) return site;
  const sentence =
    site === undefined
      ? 'There is no whole backup there.'
      : `There are backups of several sites there: ${[site, ...others].join(', ')}.`;
  throw new ProsoraError('BACKUP_UNKNOWN', sentence, { help: 'Name one by --site.' });
}

/** The whole backups among snapshots, oldest first. */
export function backupsIn(snapshots: readonly Snapshot[]): Backup[] {
  return snapshots
    .filter(({ tags = [] }) => tags.includes(TAG.whole))
    .map(({ id, time, tags = [] }) => ({
      run: valueOfTag(tags, 'run'),
      snapshot: id,
      number: Number(valueOfTag(tags, 'number')),
      takenAt: new Date(time),
      isProven: tags.includes(TAG.proven),
      isDoubtful: tags.includes(TAG.doubtful),
      line: lineIn(tags),
    }))
    .sort((one, other) => one.number - other.number);
}

function lineIn(tags: readonly string[]): Line | undefined {
  const value = (name: string) => valueOfTag(tags, name);
  if (value('log') === '') return undefined;
  const [from, after] = [Number(value('from')), Number(value('after'))];
  return { log: value('log'), from, after, moment: new Date(value('moment')) };
}

/** The run that a snapshot belongs to. */
export const runOf = ({ tags = [] }: Snapshot): string => valueOfTag(tags, 'run');

/** Tags `NAME=VALUE`. */
export const tagsOf = (values: Record<string, string | number | Date>): string[] =>
  Object.entries(values).map(
    ([name, value]) => `${name}=${value instanceof Date ? value.toISOString() : value}`,
  );

/** What a tag `NAME=VALUE` says; empty where there is none. */
export const valueOfTag = (tags: readonly string[], name: string): string =>
  tags.find((tag) => tag.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';

/** @throws ProsoraError `BACKUP_UNKNOWN` where there is none, or none of that name */
export function findBackup(backups: readonly Backup[], wanted = 'latest'): Backup {
  const found =
    wanted === 'latest'
      ? (backups.findLast(({ isDoubtful }) => !isDoubtful) ?? backups.at(-1))
      : backups.find(({ run, snapshot }) => run === wanted || snapshot.startsWith(wanted));
  if (found) return found;
  const sentence =
    backups.length === 0 ? 'There is no whole backup there.' : `There is no backup "${wanted}".`;
  throw new ProsoraError('BACKUP_UNKNOWN', sentence, { help: '`prosora backup list` lists all.' });
}

/** @throws ProsoraError `BACKUP_NEWER` for one of a later version of this command */
export async function readManifest(place: Place, { snapshot }: Backup): Promise<Manifest> {
  const printed = await restic(place, ['dump', '--no-lock', snapshot, MANIFEST]);
  const parsed = manifestSchema.safeParse(JSON.parse(printed));
  if (parsed.success) return parsed.data;
  throw new ProsoraError('BACKUP_NEWER', 'This backup is of another version of Prosora.', {
    help: 'Restore it with the version that took it, or a later one.',
    cause: parsed.error,
  });
}

/** @throws ProsoraError `BACKUP_DAMAGED` where a part of it is no longer in the repository */
export function assertWhole({ run, parts }: Manifest, snapshots: readonly Snapshot[]): void {
  const there = new Set(snapshots.map(({ id }) => id));
  const gone = parts.filter(({ snapshot }) => !there.has(snapshot)).map(({ name }) => name);
  if (gone.length === 0) return;
  throw new ProsoraError('BACKUP_DAMAGED', `${run} lacks ${gone.join(', ')}.`, {
    help: 'Restore another: `prosora backup list`.',
  });
}

/** Makes a backup one that counts: the last thing that its run does. */
export async function keepManifest(
  place: Place,
  manifest: Manifest,
  { number, isDoubtful, line }: Pick<Backup, 'number' | 'isDoubtful' | 'line'>,
): Promise<string> {
  const tags = [TAG.run(manifest.run), TAG.number(number), TAG.whole];
  if (isDoubtful) tags.push(TAG.doubtful);
  if (line) tags.push(...tagsOf({ ...line }));
  return await keepStream(place, Readable.from([JSON.stringify(manifest)]), {
    file: MANIFEST,
    tags,
  });
}

/** Marks a backup as one that a drill has restored. What is kept each minute, maybe from elsewhere, is waited for. */
export async function markProven(place: Place, { snapshot }: Backup): Promise<void> {
  await restic(place, ['tag', '--retry-lock', '5m', '--add', TAG.proven, snapshot]);
}
