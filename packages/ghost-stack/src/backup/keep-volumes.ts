import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ProsoraError } from '@prosora/service';
import { OWNER_LABEL, type Place } from '../repository/place.ts';
import { restic, snapshotIn, tagWords } from '../repository/restic.ts';
import { docker } from '../stack/compose.ts';
import { OWN_FILES, placeOf, type VolumePart } from './parts.ts';

/** How a part was kept. */
interface Kept {
  snapshot: string;
  /** Rows of its SQLite stores, by file and table. */
  rows: Record<string, number>;
}

/**
 * Keeps a part's volumes as they are while its service goes on. Of SQLite stores whole copies are kept in their place,
 * since a live file and the log beside it do not fit each other a moment later.
 *
 * @param more further patterns to leave out, in restic's form
 * @throws ProsoraError `VOLUME_MISSING`; what Docker and restic throw
 */
export async function keepVolumes(
  place: Place,
  part: VolumePart,
  { tags, more = [] }: { tags: readonly string[]; more?: readonly string[] },
): Promise<Kept> {
  const volumes = part.volumes.map((key) => ({ key, name: place.volumes[key] ?? key }));
  for (const { name } of volumes) await assertVolume(place.dir, name);
  const rows: Record<string, number> = {};
  for (const { name } of volumes) {
    if (part.storesOf) Object.assign(rows, await copyStores(place, name, part.storesOf));
  }
  const mounts = volumes.map(({ key, name }) => `${name}:${placeOf(part.name, key)}:ro`);
  const leftOut = volumes.flatMap(({ key }) =>
    [...(part.leftOut ?? []), '.before-restore'].map(
      (pattern) => `${placeOf(part.name, key)}/${pattern}`,
    ),
  );
  if (part.name === 'secrets') mounts.push(...ownFiles(place.dir));
  const printed = await restic(
    place,
    [
      ...['backup', '--json', '--host', place.site, ...tagWords(tags)],
      ...[...leftOut, ...more].flatMap((pattern) => ['--exclude', pattern]),
      `/prosora/${part.name}`,
    ],
    { mounts },
  );
  for (const { name } of volumes) {
    if (part.storesOf) await onStores(place, name, part.storesOf, ['rm', '-rf', '/stores/.backup']);
  }
  return { snapshot: snapshotIn(printed), rows };
}

/** Docker makes one that is missing, empty, without a word. */
async function assertVolume(dir: string, name: string): Promise<void> {
  await docker(dir, ['volume', 'inspect', name]).catch((cause: unknown) => {
    throw new ProsoraError('VOLUME_MISSING', `There is no volume ${name}.`, {
      help: '`prosora up` makes those that a new stack needs.',
      cause,
    });
  });
}

/**
 * Copies the SQLite stores of a volume into its `.backup`.
 *
 * @returns the rows of each table in them
 */
export async function copyStores(
  place: Place,
  volume: string,
  user: string,
): Promise<Record<string, number>> {
  const printed = await onStores(place, volume, user, [
    'node',
    '/app/dist/copy-stores.js',
    '/stores',
  ]);
  return JSON.parse(printed) as Record<string, number>;
}

/** Runs a program on a volume as the user of its service, so that SQLite finds nothing there of somebody else's. */
function onStores(place: Place, volume: string, user: string, words: string[]): Promise<string> {
  return docker(place.dir, [
    ...['run', '--rm', '--pull', 'never', '--network', 'none', '--user', user, '--read-only'],
    ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
    ...['--label', `${OWNER_LABEL}=${place.owner}`, '--volume', `${volume}:/stores`],
    ...[place.image, ...words],
  ]);
}

const ownFiles = (dir: string): string[] =>
  OWN_FILES.filter((file) => existsSync(join(dir, file))).map(
    (file) => `${join(dir, file)}:/prosora/secrets/stack/${file}:ro`,
  );
