import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { ProsoraError } from '@prosora/service';
import { DumpReader } from '../backup/dump-reader.ts';
import { DUMP } from '../backup/parts.ts';
import type { TakenPart } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import { assertEnded, startRestic } from '../repository/restic.ts';
import { ask, startStatements } from './ask-database.ts';
import type { Replay } from './choose-moment.ts';
import { replayLog } from './replay-log.ts';

/** Where a dump is loaded, and where what was there before stands afterwards. */
const LOADING = 'ghost_restoring';
const FORMER = 'ghost_before_restore';

/**
 * Loads a dump beside Ghost's database, compares it with what was noted, brings it to a later moment where it is to be at
 * one, and puts it in the place of what is there, which stays as the database `ghost_before_restore`. Until that last
 * step, one statement, Ghost's own is untouched.
 *
 * @throws ProsoraError `RESTORE_FAILED` with what the database said; `BACKUP_DAMAGED` where the dump is not what was
 * kept; what `replayLog` throws
 */
export async function loadDatabase(place: Place, part: TakenPart, replay?: Replay): Promise<void> {
  const lock = (isLocked: boolean) => ask(place, `ALTER DATABASE ghost READ ONLY = ${+isLocked};`);
  // As a killed run may have left it.
  await lock(false);
  await ask(place, `DROP DATABASE IF EXISTS ${LOADING}; CREATE DATABASE ${LOADING};`);
  const restic = startRestic(place, ['dump', '--no-lock', part.snapshot, DUMP]);
  restic.stdin.end();
  const mysql = startStatements(place, LOADING);
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
  if (replay) {
    // What changes a table and names the database itself would be done to Ghost's own: rather fail.
    await lock(true);
    const position = part.binlog?.position ?? 0;
    await replayLog(place, replay, position, LOADING).finally(() => lock(false));
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
