import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { ProsoraError } from '@prosora/service';
import { logFile } from '../backup/binary-log.ts';
import { LOGS, placeOf } from '../backup/parts.ts';
import type { Place } from '../repository/place.ts';
import { assertEnded, startRestic } from '../repository/restic.ts';
import { docker } from '../stack/compose.ts';
import { startDocker } from '../stack/start-docker.ts';
import { startStatements } from './ask-database.ts';
import type { Replay } from './choose-moment.ts';
import { EndOfLog } from './end-of-log.ts';

/**
 * Brings a database that was loaded from a dump to a later moment, by what the binary log says since.
 *
 * @param position where the dump stands in the first file
 * @param database what Ghost's is called here
 * @throws ProsoraError `REPLAY_FAILED`; what restic throws
 */
export async function replayLog(
  place: Place,
  { snapshots, from, to, moment, isCut }: Replay,
  position: number,
  database: string,
): Promise<void> {
  // Nothing was written since the dump, though stores beside it may have been.
  if (to < from) return;
  const volume = `${place.owner}-replay`;
  const forget = () => docker(place.dir, ['volume', 'rm', '--force', volume]);
  await forget();
  try {
    await putLogs(place, snapshots, volume);
    const files = Array.from({ length: to - from + 1 }, (_, at) => `/logs/${logFile(from + at)}`);
    const read = startDocker(
      place.dir,
      [
        ...['compose', ...place.project, 'run', '--rm', '-T', '--no-deps', '--quiet-pull'],
        ...['--env', 'TZ=UTC', '--volume', `${volume}:/logs:ro`, 'db-tools', 'mysqlbinlog'],
        // A server that has seen a transaction's own name passes it over.
        ...['--skip-gtids', '--verify-binlog-checksum', `--start-position=${position}`],
        ...(isCut
          ? [`--stop-datetime=${moment.toISOString().slice(0, 19).replace('T', ' ')}`]
          : []),
        // All else that is in it, such as users, is the server's own.
        ...(database === 'ghost' ? [] : [`--rewrite-db=ghost->${database}`]),
        ...[`--database=${database}`, ...files],
      ],
      place.environment,
    );
    read.stdin.end();
    const told = startStatements(place, database);
    const end = new EndOfLog();
    const [fed, came, done] = await Promise.allSettled([
      pipeline(read.stdout, end, told.stdin),
      read.ended,
      told.ended,
    ]);
    const wrong = [done, came].flatMap((ended) =>
      ended.status === 'fulfilled' && ended.value.code !== 0 ? [ended.value.said] : [],
    );
    if (wrong.length > 0) throw failed(wrong.join(' '));
    if (fed.status === 'rejected') throw fed.reason;
    if (!isCut && end.next !== logFile(to + 1)) throw failed(`It ends before ${logFile(to)} does.`);
  } finally {
    await forget();
  }
}

/** Puts the files of the binary log that snapshots have into a volume or a folder. */
export async function putLogs(
  place: Place,
  snapshots: readonly string[],
  target: string,
): Promise<void> {
  for (const snapshot of snapshots) {
    const folder = `${snapshot}:${placeOf(LOGS.name, 'db_data')}`;
    const words = ['restore', '--no-lock', folder, '--target', '/target'];
    const restored = startRestic(place, words, { mounts: [`${target}:/target`] });
    restored.stdin.end();
    await Promise.all([text(restored.stdout), assertEnded(restored, 'restore')]);
  }
}

const failed = (why: string): ProsoraError =>
  new ProsoraError('REPLAY_FAILED', `What was written after the dump cannot be repeated: ${why}`, {
    help: 'Restore the backup as it is, by its name in `prosora backup list`.',
  });
