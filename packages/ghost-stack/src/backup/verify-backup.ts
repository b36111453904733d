import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { ProsoraError } from '@prosora/service';
import { type Backup, readManifest } from '../repository/backups.ts';
import type { Place } from '../repository/place.ts';
import { assertEnded, restic, startRestic } from '../repository/restic.ts';
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
  const manifest = await readManifest(place, backup);
  for (const { name, snapshot } of manifest.parts) {
    await restic(place, ['ls', '--no-lock', snapshot]).catch((cause: Error) => {
      throw damaged(`its part "${name}" cannot be read: ${cause.message}`, cause);
    });
  }
  const database = manifest.parts.find(({ name }) => name === DATABASE);
  const reader = new DumpReader();
  const dump = startRestic(place, ['dump', '--no-lock', database?.snapshot ?? '', DUMP]);
  dump.stdin.end();
  await pipeline(dump.stdout, reader, nowhere());
  await assertEnded(dump, 'dump');
  const { rows } = reader.notes();
  if (!isDeepStrictEqual(rows, database?.rows))
    throw damaged('its dump has other rows than were noted');
  tell('The dump is whole, with as many rows in each table as were noted.');
  await restic(place, ['check', `--read-data-subset=${SUBSET}`]).catch((cause: Error) => {
    throw damaged(cause.message, cause);
  });
  tell(`The repository is consistent; ${SUBSET} of its data was read.`);
  return {
    parts: manifest.parts.length,
    rows: Object.values(rows).reduce((sum, count) => sum + count, 0),
  };
}

function damaged(why: string, cause?: Error): ProsoraError {
  return new ProsoraError('BACKUP_DAMAGED', `The backup is damaged: ${why}`, {
    help: 'Take another now with `prosora backup now`, and look at the disk of the backups.',
    ...(cause && { cause }),
  });
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
