import { ProsoraError } from '@prosora/service';
import type { Place } from '../repository/place.ts';
import { docker } from '../stack/compose.ts';

/** What the server has of its binary log. */
export interface BinaryLog {
  /** The server, by a name that a new data directory gets anew. */
  server: string;
  /** Its files by their numbers, oldest first; it writes to the last. */
  files: readonly { number: number; bytes: number }[];
  /** When each of the files that were asked for was begun, in seconds since 1970. */
  bornAt: Readonly<Record<number, number>>;
}

/** Where the log stood when it was last kept. */
export interface LogMark {
  server: string;
  /** The first file that is not kept yet. */
  next: number;
  bornAt: number;
}

/**
 * Begins a new file where the last has anything in it, and says what there is. One without has 157 or 158 bytes, and the
 * smallest change 150 more. A file tells when it was begun by the first event in it:
 * https://dev.mysql.com/doc/dev/mysql-server/8.4.0/page_protocol_replication_binlog_event.html
 */
const SCRIPT = `set -eu
export MYSQL_PWD="$(cat /run/secrets/db_backup_password)"
ask() { mysql -u backup -N -B -e "$1"; }
[ "$(ask 'SHOW BINARY LOGS' | tail -n 1 | cut -f 2)" -lt 200 ] || ask 'FLUSH BINARY LOGS'
ask 'SELECT @@server_uuid'
logs=$(ask 'SHOW BINARY LOGS')
echo "$logs"
for file in "$@" "$(echo "$logs" | tail -n 1 | cut -f 1)"; do
  file=/var/lib/mysql/$file
  [ ! -f "$file" ] || echo "$file begun" $(od -A n -t u4 -j 4 -N 4 "$file")
done`;

/** The name of a file of the log. */
export const logFile = (number: number): string => `binlog.${String(number).padStart(6, '0')}`;

/** The number of a file of the log. */
export const logNumber = (file: string): number => Number(file.split('.').at(-1));

/**
 * Closes the file of the binary log that is written to, unless nothing is in it yet.
 *
 * @param asked the files of which is asked when they were begun, beside the last
 * @throws ProsoraError `DATABASE_AWAY` where the database of the stack does not answer
 */
export async function closeLog({ dir, site }: Place, asked: readonly number[]): Promise<BinaryLog> {
  // Not by Compose, which takes longer to read its files than all of this does.
  const labels = [`project=${site}`, 'service=db', 'oneoff=False'];
  const filters = labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`]);
  const [container = ''] = (await docker(dir, ['ps', '--quiet', ...filters])).split('\n');
  const words = ['exec', container, 'sh', '-c', SCRIPT, 'sh', ...asked.map(logFile)];
  const printed = await docker(dir, words).catch((cause: Error) => {
    throw new ProsoraError('DATABASE_AWAY', 'The database does not say where its log stands.', {
      help: '`prosora status` shows how it is.',
      cause,
    });
  });
  return readLog(printed);
}

/** What the script printed. */
export function readLog(printed: string): BinaryLog {
  const [server = '', ...lines] = printed.trim().split('\n');
  const all = (pattern: RegExp) =>
    lines.flatMap((line) => {
      const [, file = '', value] = pattern.exec(line) ?? [];
      return file ? [{ number: logNumber(file), value: Number(value) }] : [];
    });
  return {
    server,
    files: all(/^(binlog\.\d+)\t(\d+)/).map(({ number, value }) => ({ number, bytes: value })),
    bornAt: Object.fromEntries(
      all(/(binlog\.\d+) begun (\d+)$/).map(({ number, value }) => [number, value]),
    ),
  };
}

/** Whether a log goes on without a gap from where it was. */
export const goesOn = ({ server, bornAt }: BinaryLog, mark: LogMark): boolean =>
  server === mark.server && bornAt[mark.next] === mark.bornAt;
