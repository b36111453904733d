import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { ProsoraError } from '@prosora/service';
import * as z from 'zod';
import { DumpReader } from '../backup/dump-reader.ts';
import { DATABASE, DUMP } from '../backup/parts.ts';
import type { TakenPart } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import { assertEnded, startRestic } from '../repository/restic.ts';
import { ask, nameOf, startStatements } from './ask-database.ts';
import type { Replay } from './choose-moment.ts';
import type { Aside } from './half-restore.ts';
import { replayLog } from './replay-log.ts';

/** Where a dump is loaded, and where what was there before stands afterwards. */
const besideOf = (place: Place) => ({
  loading: `${nameOf(place)}_restoring`,
  former: `${nameOf(place)}_before_restore`,
});

/**
 * Whether a database elsewhere may be restored into. The databases beside it are made and gone again; nothing else is
 * touched.
 *
 * @param isStrange another folder than this took the backup, so what is there may be a site that lives
 * @throws ProsoraError `DATABASE_RIGHTS` where they cannot be made, `DATABASE_IN_USE`
 */
export async function assertRestorable(place: Place, isStrange: boolean): Promise<void> {
  const { loading, former } = besideOf(place);
  const name = nameOf(place);
  const make = `DROP DATABASE IF EXISTS \`${loading}\`; CREATE DATABASE \`${loading}\`; CREATE DATABASE IF NOT EXISTS \`${former}\`; DROP DATABASE \`${loading}\`;`;
  await ask(place, make).catch((cause: Error) => {
    const why = /^.*ERROR.*$/m.exec(cause.message)?.[0] ?? cause.message;
    throw new ProsoraError(
      'DATABASE_RIGHTS',
      `The user of DATABASE_URL cannot make the databases that a restore needs beside "${name}": ${why}`,
      {
        help: `Have it granted ALL ON ${loading}.* and ON ${former}.*, or load the file that \`prosora restore --into FOLDER --only database\` writes by yourself.`,
        cause,
      },
    );
  });
  const tables = `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '${name}'`;
  const [count] = await ask(place, tables);
  if (!isStrange || count === '0') return;
  throw new ProsoraError(
    'DATABASE_IN_USE',
    `The database at DATABASE_URL has ${count} tables already, and may be that of a site that lives.`,
    {
      help: 'Restore all else with --keep-database; for a second site, let DATABASE_URL name an empty database, or set it to nothing, before.',
    },
  );
}

/**
 * Loads a dump beside Ghost's database, compares it with what was noted, brings it to a later moment where it is to be at
 * one, and puts it in the place of what is there, which stays as the database `NAME_before_restore`. Until that last
 * step, one statement, Ghost's own is untouched.
 *
 * @throws ProsoraError `RESTORE_FAILED` with what the database said; `BACKUP_DAMAGED` where the dump is not what was
 * kept; what `replayLog` throws
 */
export async function loadDatabase(
  place: Place,
  part: TakenPart,
  replay?: Replay,
  aside?: Aside,
): Promise<void> {
  const { loading } = besideOf(place);
  const lock = (isLocked: boolean) =>
    ask(place, `ALTER DATABASE \`${nameOf(place)}\` READ ONLY = ${+isLocked};`);
  // As a killed run may have left it. One elsewhere has no log that could be repeated.
  if (!place.databaseElsewhere) await lock(false);
  await ask(place, `DROP DATABASE IF EXISTS \`${loading}\`; CREATE DATABASE \`${loading}\`;`);
  const restic = startRestic(place, ['dump', '--no-lock', part.snapshot, DUMP]);
  restic.stdin.end();
  const mysql = startStatements(place, loading);
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
    await replayLog(place, replay, position, loading).finally(() => lock(false));
  }
  await swap(place, aside?.has(DATABASE) ?? false);
  aside?.add(DATABASE);
}

/**
 * Moves all tables in one statement, which the server does whole or not at all, and makes the views anew: they cannot be
 * moved, and those of the dump mean the tables beside them.
 *
 * @param isAside what is there is of a restore, and what was there before stands beside
 */
async function swap(place: Place, isAside: boolean): Promise<void> {
  const name = nameOf(place);
  const { loading, former } = besideOf(place);
  const tables = async (database: string) =>
    await ask(
      place,
      `SELECT table_name FROM information_schema.tables WHERE table_schema = '${database}' AND table_type = 'BASE TABLE'`,
    );
  const [here, loaded] = [await tables(name), await tables(loading)];
  const leave = here.map((table) => `\`${name}\`.\`${table}\` TO \`${former}\`.\`${table}\``);
  const come = loaded.map((table) => `\`${loading}\`.\`${table}\` TO \`${name}\`.\`${table}\``);
  const views = [
    ...(await viewsOf(place, name)).map((view) => `DROP VIEW \`${name}\`.\`${view.name}\`;`),
    ...(await viewsOf(place, loading)).map((view) => viewStatement(place, view)),
  ].join(' ');
  if (isAside) {
    const drop = here.map((table) => `DROP TABLE \`${name}\`.\`${table}\`;`).join(' ');
    const put = `RENAME TABLE ${come.join(', ')}; ${views} DROP DATABASE \`${loading}\`;`;
    await ask(place, `SET FOREIGN_KEY_CHECKS = 0; ${drop} ${put}`);
    return;
  }
  await ask(
    place,
    `DROP DATABASE IF EXISTS \`${former}\`; CREATE DATABASE \`${former}\`;
    RENAME TABLE ${[...leave, ...come].join(', ')}; ${views} DROP DATABASE \`${loading}\`;${here.length === 0 ? ` DROP DATABASE \`${former}\`;` : ''}`,
  );
}

const view = z.object({
  name: z.string(),
  /** `ghost@%`. */
  definer: z.string(),
  security: z.enum(['DEFINER', 'INVOKER']),
  /** With the database before each table: https://dev.mysql.com/doc/refman/8.4/en/information-schema-views-table.html */
  definition: z.string(),
});

type View = z.output<typeof view>;

async function viewsOf(place: Place, database: string): Promise<View[]> {
  const columns =
    "'name', table_name, 'definer', definer, 'security', security_type, 'definition', view_definition";
  const rows = await ask(
    place,
    `SELECT TO_BASE64(JSON_OBJECT(${columns})) FROM information_schema.views WHERE table_schema = '${database}'`,
  );
  return rows.map((row) =>
    view.parse(JSON.parse(Buffer.from(row.replaceAll('\\n', ''), 'base64').toString())),
  );
}

/** The same view on Ghost's own tables; elsewhere it is whose database it is. */
function viewStatement(place: Place, { name, definer, security, definition }: View): string {
  const [, user = '', host = ''] = /^(.*)@(.*)$/.exec(definer) ?? [];
  const by = place.databaseElsewhere ? '' : `DEFINER = \`${user}\`@\`${host}\` `;
  const own = definition.replaceAll(
    `\`${besideOf(place).loading}\`.`,
    () => `\`${nameOf(place)}\`.`,
  );
  return `CREATE ${by}SQL SECURITY ${security} VIEW \`${nameOf(place)}\`.\`${name}\` AS ${own};`;
}
