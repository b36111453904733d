import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { ProsoraError } from '@prosora/service';
import { DumpReader } from '../backup/dump-reader.ts';
import { DUMP } from '../backup/parts.ts';
import type { TakenPart } from '../repository/manifest.ts';
import { composeOf, type Place } from '../repository/place.ts';
import { assertEnded, startRestic } from '../repository/restic.ts';
import { startDocker } from '../stack/start-docker.ts';

/** Where a dump is loaded, and where what was there before stands afterwards. */
const LOADING = 'ghost_restoring';
const FORMER = 'ghost_before_restore';

/** A restore of everything is nothing to repeat from the binary log. */
const ROOT =
  'MYSQL_PWD="$(cat /run/secrets/db_root_password)" exec mysql -u root --init-command="SET SESSION sql_log_bin=0"';

/** Runs statements as root in the container of the database; resolves with its lines, values apart by tabs. */
export async function ask(
  place: Pick<Place, 'dir' | 'project'>,
  statements: string,
): Promise<string[]> {
  const words = ['exec', '-T', 'db', 'sh', '-c', `${ROOT} -N -B`];
  const printed = await composeOf(place, words, statements);
  return printed.split('\n').filter(Boolean);
}

/**
 * Loads a dump beside Ghost's database, compares it with what was noted, and puts it in the place of what is there,
 * which stays as the database `ghost_before_restore`. Until that last step, one statement, Ghost's own is untouched.
 *
 * @throws ProsoraError `RESTORE_FAILED` with what the database said; `BACKUP_DAMAGED` where the dump is not what was
 * kept
 */
export async function loadDatabase(place: Place, part: TakenPart): Promise<void> {
  await ask(place, `DROP DATABASE IF EXISTS ${LOADING}; CREATE DATABASE ${LOADING};`);
  const restic = startRestic(place, ['dump', '--no-lock', part.snapshot, DUMP]);
  restic.stdin.end();
  const mysql = startDocker(place.dir, [
    'compose',
    ...place.project,
    'exec',
    '-T',
    'db',
    'sh',
    '-c',
    `${ROOT} ${LOADING}`,
  ]);
  mysql.stdout.resume();
  const reader = new DumpReader({ highWaterMark: 2 ** 20 });
  const [fed, came, loaded] = await Promise.allSettled([
    pipeline(restic.stdout, reader, mysql.stdin),
    assertEnded(restic, 'dump'),
    mysql.ended,
  ]);
  if (came.status === 'rejected') throw came.reason;
  if (loaded.status === 'fulfilled' && loaded.value.code !== 0) {
    throw new ProsoraError('RESTORE_FAILED', `The database refused the dump: ${loaded.value.said}`);
  }
  if (fed.status === 'rejected') throw fed.reason;
  if (!isDeepStrictEqual(reader.notes().rows, part.rows)) {
    throw new ProsoraError('BACKUP_DAMAGED', 'The dump has other rows than were noted with it.', {
      help: 'Restore an earlier backup: `prosora backup list`.',
    });
  }
  await swap(place);
}

/** Moves all tables in one statement, which the server does whole or not at all. */
async function swap(place: Place): Promise<void> {
  const tables = async (database: string) =>
    await ask(
      place,
      `SELECT table_name FROM information_schema.tables WHERE table_schema = '${database}' AND table_type = 'BASE TABLE'`,
    );
  const [here, loaded] = [await tables('ghost'), await tables(LOADING)];
  const moves = [
    ...here.map((table) => `ghost.\`${table}\` TO ${FORMER}.\`${table}\``),
    ...loaded.map((table) => `${LOADING}.\`${table}\` TO ghost.\`${table}\``),
  ];
  await ask(
    place,
    `DROP DATABASE IF EXISTS ${FORMER}; CREATE DATABASE ${FORMER};
    RENAME TABLE ${moves.join(', ')}; DROP DATABASE ${LOADING};${here.length === 0 ? ` DROP DATABASE ${FORMER};` : ''}`,
  );
}
