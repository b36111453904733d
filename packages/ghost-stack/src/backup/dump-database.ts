import { pipeline } from 'node:stream/promises';
import { ProsoraError } from '@prosora/service';
import type { Place } from '../repository/place.ts';
import { keepStream } from '../repository/restic.ts';
import { docker } from '../stack/compose.ts';
import { startDocker } from '../stack/start-docker.ts';
import { besideElsewhere, WAY } from './database-elsewhere.ts';
import { type DumpNotes, DumpReader } from './dump-reader.ts';
import { DUMP } from './parts.ts';

/**
 * One stream for the whole database: restic cuts it where its contents say, so what is untouched is found again even
 * where all before it was moved. Ghost has no masking policies, which servers from 9 on would read from tables that
 * `backup` may not see; an older mysqldump warns of the option and goes on.
 */
const MYSQLDUMP =
  'mysqldump --single-transaction --quick --routines --triggers --hex-blob --no-tablespaces \
  --set-gtid-purged=OFF --net-buffer-length=1M --loose-skip-masking-policies';

/**
 * By the server's own program, in its container: a client of another make lacks an option or a way to sign in. As the
 * user `backup`, who may read and no more; a stack that does not know that user yet has root.
 */
const SCRIPT = `set -eu
user=backup
[ -r /run/secrets/db_backup_password ] || user=root
secret=/run/secrets/db_\${user}_password
export MYSQL_PWD="$(cat "$secret")"
position=
[ "$(mysql -u "$user" -N -B -e 'SELECT @@log_bin')" = 0 ] || position=--source-data=2
exec ${MYSQLDUMP} -u "$user" $position ghost`;

/** Of one elsewhere Ghost's own user has all rights, and none on the server, whose binary log stays where it is. */
const scriptElsewhere = (database: string): string =>
  `exec ${MYSQLDUMP.replace('mysqldump', `mysqldump --defaults-file=${WAY}`)} ${database}`;

/**
 * Dumps Ghost's database into the repository, and says what is in it.
 *
 * @throws ProsoraError `DUMP_FAILED` with what mysqldump said, even where it ended with 0; `DUMP_INCOMPLETE`; what
 * restic throws
 */
export async function dumpDatabase(
  place: Place,
  tags: readonly string[],
): Promise<DumpNotes & { snapshot: string }> {
  const dump = startDocker(place.dir, await wordsFor(place));
  dump.stdin.end();
  const reader = new DumpReader({ highWaterMark: 2 ** 20 });
  const passed = pipeline(dump.stdout, reader, { end: false }).then(async () => {
    await allThrough(reader);
    const { code, said } = await dump.ended;
    const problems = said.split('\n').filter((line) => line && !/\[?warning\]?/i.test(line));
    if (code === 0 && problems.length === 0) {
      reader.notes();
      reader.end();
      return;
    }
    const reason = said.split('\n').slice(-5).join(' ');
    throw new ProsoraError('DUMP_FAILED', `mysqldump ended with ${code}. ${reason}`.trim(), {
      help: place.databaseElsewhere
        ? 'Does the server at DATABASE_URL answer, and does its user read every table?'
        : '`prosora logs db` may say why.',
    });
  });
  // What ends the dump ends its keeping for the same reason; where restic ended first, it has one of its own.
  passed.catch((error) => reader.destroy(error));
  try {
    const snapshot = await keepStream(place, reader, { file: DUMP, tags });
    return { ...reader.notes(), snapshot };
  } finally {
    dump.stop();
  }
}

/**
 * Resolves once all that was written has passed: a pipeline that does not end its last stream is over before that, while
 * restic still takes what came before.
 */
function allThrough(reader: DumpReader): Promise<void> {
  return new Promise((resolve, reject) => {
    reader.write('', (error) => (error ? reject(error) : resolve()));
  });
}

async function wordsFor(place: Place): Promise<string[]> {
  const { dir, databaseElsewhere } = place;
  if (!databaseElsewhere) return ['compose', 'exec', '-T', 'db', 'sh', '-c', SCRIPT];
  // Makes the image and the network where they are not there yet, so that the dump itself says nothing but of itself.
  await docker(dir, besideElsewhere(place, 'true'));
  return besideElsewhere(place, scriptElsewhere(databaseElsewhere));
}
