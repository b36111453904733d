import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { ProsoraError } from '@prosora/service';
import { type Backup, readManifest } from '../repository/backups.ts';
import type { Place } from '../repository/place.ts';
import { assertEnded, hasRepository, restic, startRestic } from '../repository/restic.ts';
import { DumpReader } from './dump-reader.ts';
import { DATABASE, DUMP } from './parts.ts';

/** How much of the repository's data is read each time, of that which is not read by itself. */
const SUBSET = '5%';

/**
 * Reads a backup as a restore would: the repository's own check with a part of its data, every part of the backup, and
 * the dump to its last line, with as many rows in each table as were noted.
 *
 * @throws ProsoraError `BACKUP_DAMAGED` with what differs; what restic throws
 */
export async function verifyBackup(
  place: Place,
  backup: Backup,
  tell: (line: string) => void,
): Promise<{ parts: number; rows: number }> {
  const manifest = await readManifest(place, backup).catch(
    orDamaged(place, 'its list cannot be read'),
  );
  const volumes = manifest.parts.filter(({ name }) => name !== DATABASE);
  for (const [snapshot, parts] of Map.groupBy(volumes, (part) => part.snapshot)) {
    const names = parts.map(({ name }) => `"${name}"`).join(', ');
    await readAll(place, snapshot).catch(orDamaged(place, `one of ${names} cannot be read`));
  }
  const database = manifest.parts.find(({ name }) => name === DATABASE);
  const reader = new DumpReader();
  const dump = startRestic(place, ['dump', '--no-lock', database?.snapshot ?? '', DUMP]);
  dump.stdin.end();
  await pipeline(dump.stdout, reader, nowhere());
  await assertEnded(dump, 'dump').catch(orDamaged(place, 'its dump cannot be read'));
  const { rows } = reader.notes();
  if (!isDeepStrictEqual(rows, database?.rows))
    throw damaged('its dump has other rows than were noted');
  tell('The dump is whole, with as many rows in each table as were noted.');
  const check = ['check', `--read-data-subset=${SUBSET}`];
  await restic(place, check).catch(orDamaged(place, 'the repository has errors'));
  tell(`The repository is consistent; ${SUBSET} of its data was read.`);
  return {
    parts: manifest.parts.length,
    rows: Object.values(rows).reduce((sum, count) => sum + count, 0),
  };
}

/** Every file of a snapshot, to its last byte. */
async function readAll(place: Place, snapshot: string): Promise<void> {
  const reading = startRestic(place, ['dump', '--no-lock', '--target', '/dev/null', snapshot, '/']);
  reading.stdin.end();
  reading.stdout.resume();
  await assertEnded(reading, 'dump');
}

/** Says so of what restic has no number for, where the repository answers: a place that is away is no damage. */
const orDamaged =
  (place: Place, what: string) =>
  async (cause: ProsoraError): Promise<never> => {
    if (cause.code !== 'BACKUP_FAILED' || !(await hasRepository(place))) throw cause;
    throw damaged(`${what}: ${cause.message}`, cause);
  };

function damaged(why: string, cause?: Error): ProsoraError {
  return new ProsoraError('BACKUP_DAMAGED', `The backup is damaged: ${why}`, {
    help: 'Look at the disk of the backups; `prosora backup repair` takes out what is damaged, and takes another.',
    ...(cause && { cause }),
  });
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
