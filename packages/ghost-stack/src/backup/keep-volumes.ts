import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ProsoraError } from '@prosora/service';
import type { TakenPart } from '../repository/manifest.ts';
import { OWNER_LABEL, type Place } from '../repository/place.ts';
import { keptIn, restic, tagWords } from '../repository/restic.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { docker } from '../stack/compose.ts';
import { copyEngine } from './copy-engine.ts';
import { ENGINE, ownFilesOf, placeOf, type VolumePart } from './parts.ts';

/** A snapshot of volumes. */
interface Kept {
  snapshot: string;
  bytes: number;
}

/** What a part has in it. */
type Contents = Omit<TakenPart, 'snapshot' | 'takenAt'>;

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
 * Keeps the volumes of parts as they are while their services go on, in one snapshot. Of SQLite stores and spools whole
 * copies are kept in their place, and of the engine the copy that it makes, since their live files do not fit each other
 * a moment later.
 *
 * @returns also what each part has in it; of its bytes what the copying has seen
 * @throws ProsoraError `VOLUME_MISSING`; what Docker and restic throw
 */
export async function keepVolumes(
  place: Place,
  parts: readonly VolumePart[],
  how: Omit<HowKept, 'more'>,
): Promise<Kept & { contents: Contents[] }> {
  await assertVolumes(place, parts);
  const contents: Contents[] = [];
  const more: string[] = [];
  for (const part of parts) {
    const { leftOut, ...copied } = await copyPart(place, part);
    contents.push({ name: part.name, ...copied });
    more.push(...leftOut);
  }
  const kept = await keepParts(place, parts, { ...how, more });
  await forgetCopies(place, parts);
  return { ...kept, contents };
}

async function copyPart(
  place: Place,
  part: VolumePart,
): Promise<Omit<Contents, 'name'> & Pick<Copied, 'leftOut'>> {
  if (part === ENGINE) return await copyEngine(place);
  const { rows, leftOut, bytes } = await copyStores(place, part);
  return { rows, leftOut, ...(bytes !== undefined && { bytes }) };
}

/** Deletes the copies that {@link copyStores} made; those of the next time would take their place. */
export async function forgetCopies(place: Place, parts: readonly VolumePart[]): Promise<void> {
  const stores = parts.filter(({ storesOf }) => storesOf);
  for (const [user, those] of Map.groupBy(stores, ({ storesOf }) => storesOf)) {
    const volumes = those.flatMap((part) => part.volumes.map((key) => nameOf(place, key)));
    const copies = volumes.map((name) => `/stores/${name}/.backup`);
    await onStores(place, user, volumes, ['rm', '-rf', ...copies]);
  }
}

/** Keeps volumes of several parts in one snapshot, as they are. */
export async function keepParts(
  place: Place,
  parts: readonly VolumePart[],
  { tags, more = [], words = [] }: HowKept,
): Promise<Kept> {
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
async function assertVolumes(place: Place, parts: readonly VolumePart[]): Promise<void> {
  const names = parts.flatMap(({ volumes }) => volumes.map((key) => nameOf(place, key)));
  const there = (await docker(place.dir, ['volume', 'ls', '--quiet'])).split('\n');
  const missing = names.filter((name) => !there.includes(name));
  if (missing.length === 0) return;
  throw new ProsoraError('VOLUME_MISSING', `Volumes are missing: ${missing.join(', ')}.`, {
    help: '`prosora up` makes those that a new stack needs.',
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
  /** In the folders; undefined where an older image does not say, and of a part without stores. */
  bytes?: number;
}

/**
 * Copies the SQLite stores and spools of a part into the `.backup` of its volume.
 *
 * @throws what Docker throws
 */
export async function copyStores(place: Place, part: VolumePart, state = ''): Promise<Copied> {
  const copied: Copied = { rows: {}, state, leftOut: [] };
  for (const key of part.storesOf ? part.volumes : []) {
    const volume = nameOf(place, key);
    const words = ['node', '/app/dist/copy-stores.js', `/stores/${volume}`, state];
    const said = JSON.parse(await onStores(place, part.storesOf, [volume], words));
    Object.assign(copied.rows, said.rows);
    copied.state = said.state;
    if (said.bytes !== undefined) copied.bytes = (copied.bytes ?? 0) + said.bytes;
    for (const lane of said.spools ?? []) {
      const folder = join(placeOf(part.name, key), lane);
      copied.leftOut.push(join(folder, 'spool'), join(folder, 'checkpoint'));
    }
  }
  return copied;
}

/** Runs a program on volumes as the user of their service, so that SQLite finds nothing there of somebody else's. */
function onStores(
  place: Place,
  user = '',
  volumes: readonly string[],
  words: readonly string[],
): Promise<string> {
  return docker(place.dir, [
    ...['run', '--rm', '--pull', 'never', '--network', 'none', '--user', user, '--read-only'],
    ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
    ...['--label', `${OWNER_LABEL}=${place.owner}`],
    ...volumes.flatMap((name) => ['--volume', `${name}:/stores/${name}`]),
    ...[place.image, ...words],
  ]);
}

const ownFiles = (dir: string): string[] =>
  ownFilesOf(readEnvFile(dir).values)
    .filter((file) => existsSync(join(dir, file)))
    .map((file) => `${join(dir, file)}:/prosora/secrets/stack/${file}:ro`);
