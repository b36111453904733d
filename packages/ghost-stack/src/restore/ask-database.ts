import { composeOf, type Place } from '../repository/place.ts';
import { type Started, startDocker } from '../stack/start-docker.ts';

/** A restore of everything is nothing to repeat from the binary log. */
const ROOT =
  'MYSQL_PWD="$(cat /run/secrets/db_root_password)" exec mysql -u root --init-command="SET SESSION sql_log_bin=0"';

type Database = Pick<Place, 'dir' | 'project'>;

/** Runs statements as root in the container of the database; resolves with its lines, values apart by tabs. */
export async function ask(place: Database, statements: string): Promise<string[]> {
  const words = ['exec', '-T', 'db', 'sh', '-c', `${ROOT} -N -B`];
  const printed = await composeOf(place, words, statements);
  return printed.split('\n').filter(Boolean);
}

/** Starts what runs a stream of statements as root on a database. */
export function startStatements({ dir, project }: Database, database: string): Started {
  const client = `${ROOT} --binary-mode --max-allowed-packet=1G ${database}`;
  const words = ['compose', ...project, 'exec', '-T', 'db', 'sh', '-c', client];
  const started = startDocker(dir, words);
  started.stdout.resume();
  return started;
}
