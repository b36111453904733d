import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ProsoraError } from '@prosora/service';
import { OWNER_LABEL, type Place } from '../repository/place.ts';
import { keptIn, restic, tagWords } from '../repository/restic.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { docker } from '../stack/compose.ts';
import { ownFilesOf, placeOf, type VolumePart } from './parts.ts';

/** How a part was kept. */
interface Kept {
  snapshot: string;
  bytes: number;
  /** Rows of its SQLite stores, by file and table. */
  rows: Record<string, number>;
}

/** What restic would look up in the snapshot before is read anew. */
export const READ_ALL = ['--force'];

/** What is told of a snapshot of volumes. */
interface HowKept {
  tags: readonly string[];
  /** Further patterns to leave out, in restic's form. */
  more?: readonly string[];
  /** Further words for restic. */
  words?: readonly string[];
}

/**
 * Keeps a part's volumes as they are while its service goes on. Of SQLite stores and spools whole copies are kept in
 * their place, since their live files do not fit each other a moment later.
 *
 * @throws ProsoraError `VOLUME_MISSING`; what Docker and restic throw
 */
export async function keepVolumes(place: Place, part: VolumePart, how: HowKept): Promise<Kept> {
  for (const key of part.volumes) await assertVolume(place.dir, nameOf(place, key));
  const { rows, leftOut } = await copyStores(place, part);
  const more = [...leftOut, ...(how.more ?? [])];
  const kept = await keepParts(place, [part], { ...how, more });
  await forgetCopies(place, part);
  return { ...kept, rows };
}

/** Deletes the copies that {@link copyStores} made; those of the next time would take their place. */
export async function forgetCopies(place: Place, part: VolumePart): Promise<void> {
  for (const key of part.storesOf ? part.volumes : []) {
    await onStores(place, key, part.storesOf, ['rm', '-rf', '/stores/.backup']);
  }
}

/**
 * Keeps volumes of several parts in one snapshot, as they are.
 */
export async function keepParts(
  place: Place,
  parts: readonly VolumePart[],
  { tags, more = [], words = [] }: HowKept,
): Promise<Omit<Kept, 'rows'>> {
  const volumes = parts.flatMap((part) => part.volumes.map((key) => ({ part, key })));
  const mounts = volumes.map(
    ({ part, key }) => `${nameOf(place, key)}:${placeOf(part.name, key)}:ro`,
  );
  const leftOut = volumes.flatMap(({ part, key }) =>
    [...(part.leftOut ?? []), '.before-restore'].map(
      (pattern) => `${placeOf(part.name, key)}/${pattern}`,
    ),
  );
  if (parts.some(({ name }) => name === 'secrets')) mounts.push(...ownFiles(place.dir));
  const printed = await restic(
    place,
    [
      ...['backup', '--json', '--host', place.site, ...tagWords(tags), ...words],
      ...[...leftOut, ...more].flatMap((pattern) => ['--exclude', pattern]),
      ...parts.map(({ name }) => `/prosora/${name}`),
    ],
    { mounts },
  );
  return keptIn(printed);
}

const nameOf = ({ volumes }: Place, key: string): string => volumes[key] ?? key;

/** Docker makes one that is missing, empty, without a word. */
async function assertVolume(dir: string, name: string): Promise<void> {
  await docker(dir, ['volume', 'inspect', name]).catch((cause: unknown) => {
    throw new ProsoraError('VOLUME_MISSING', `There is no volume ${name}.`, {
      help: '`prosora up` makes those that a new stack needs.',
      cause,
    });
  });
}

/** What the stores of a part have in them. */
interface Copied {
  /** By file and table; none where they are in the state of before. */
  rows: Record<string, number>;
  /** Another one once anything in them is. */
  state: string;
  /** The spools of which there are copies, in restic's form: an older image makes none. */
  leftOut: string[];
}

/**
 * Copies the SQLite stores and spools of a part into the `.backup` of its volume.
 *
 * @throws what Docker throws
 */
export async function copyStores(place: Place, part: VolumePart, state = ''): Promise<Copied> {
  const copied: Copied = { rows: {}, state, leftOut: [] };
  for (const key of part.storesOf ? part.volumes : []) {
    const words = ['node', '/app/dist/copy-stores.js', '/stores', state];
    const said = JSON.parse(await onStores(place, key, part.storesOf, words));
    Object.assign(copied.rows, said.rows);
    copied.state = said.state;
    for (const lane of said.spools ?? []) {
      const folder = join(placeOf(part.name, key), lane);
      copied.leftOut.push(join(folder, 'spool'), join(folder, 'checkpoint'));
    }
  }
  return copied;
}

/** Runs a program on a volume as the user of its service, so that SQLite finds nothing there of somebody else's. */
function onStores(place: Place, key: string, user = '', words: string[] = []): Promise<string> {
  return docker(place.dir, [
    ...['run', '--rm', '--pull', 'never', '--network', 'none', '--user', user, '--read-only'],
    ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
    ...['--label', `${OWNER_LABEL}=${place.owner}`, '--volume', `${nameOf(place, key)}:/stores`],
    ...[place.image, ...words],
  ]);
}

const ownFiles = (dir: string): string[] =>
  ownFilesOf(readEnvFile(dir).values)
    .filter((file) => existsSync(join(dir, file)))
    .map((file) => `${join(dir, file)}:/prosora/secrets/stack/${file}:ro`);
