import { besideElsewhere, WAY } from '../backup/database-elsewhere.ts';
import type { Place } from '../repository/place.ts';
import { docker } from '../stack/compose.ts';
import { type Started, startDocker } from '../stack/start-docker.ts';

/** A restore of everything is nothing to repeat from the binary log. */
const ROOT =
  'MYSQL_PWD="$(cat /run/secrets/db_root_password)" exec mysql -u root --init-command="SET SESSION sql_log_bin=0"';
/** Whoever DATABASE_URL names, who may do less. */
const USER = `exec mysql --defaults-file=${WAY}`;

/** What Ghost's database is called. */
export const nameOf = ({ databaseElsewhere }: Pick<Place, 'databaseElsewhere'>): string =>
  databaseElsewhere ?? 'ghost';

/** Runs statements on the server of the database; resolves with its lines, values apart by tabs. */
export async function ask(place: Place, statements: string): Promise<string[]> {
  const options = { input: statements, env: place.environment };
  const printed = await docker(place.dir, clientOf(place, '-N -B'), options);
  return printed.split('\n').filter(Boolean);
}

/** Starts what runs a stream of statements on a database. */
export function startStatements(place: Place, database: string): Started {
  const words = clientOf(place, `--binary-mode --max-allowed-packet=1G ${database}`);
  const started = startDocker(place.dir, words, place.environment);
  started.stdout.resume();
  return started;
}

/** As root in the container of the stack's own database, or as Ghost's user on one elsewhere. */
function clientOf(place: Place, options: string): string[] {
  if (place.databaseElsewhere) return besideElsewhere(place, `${USER} ${options}`);
  const words = ['exec', '-T', 'db', 'sh', '-c', `${ROOT} ${options}`];
  return ['compose', ...place.project, ...words];
}
