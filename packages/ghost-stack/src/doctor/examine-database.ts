import { type Finding, fail, judge } from '@prosora/service';
import { counted } from '../services/telling.ts';
import { rowsOf } from './rows.ts';

/** What each user of the database may do, as `SHOW GRANTS` has it, and no more. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'ghost@%': ['ALL PRIVILEGES ON `ghost`.*'],
  'backup@localhost': [
    'RELOAD, PROCESS, REPLICATION CLIENT ON *.*',
    'SHOW_ROUTINE ON *.*',
    'SELECT, LOCK TABLES, SHOW VIEW, EVENT, TRIGGER ON `ghost`.*',
  ],
  'metrics@%': ['PROCESS, REPLICATION CLIENT ON *.*', 'SELECT ON `performance_schema`.*'],
};

const ANEW = '`prosora up`, then `docker compose restart db` makes its users anew.';
const LEFT_DAYS = 60;

/** What the database in the stack says of its users and of the way to it. */
export async function* examineDatabase(dir: string): AsyncGenerator<Finding> {
  const users = await rowsOf(
    dir,
    "SELECT CONCAT(user, '@', host) FROM mysql.user WHERE user NOT LIKE 'mysql.%'",
  );
  for (const [user, meant] of Object.entries(NEEDED)) {
    const name = `grants of ${user.split('@')[0]}`;
    if (!users.includes(user)) {
      yield fail(name, 'The database has no such user.', ANEW);
      continue;
    }
    const grants = await rowsOf(dir, `SHOW GRANTS FOR '${user.replace('@', "'@'")}'`);
    const wider = grants
      .map((grant) => grant.replace(/^GRANT (.*) TO .*$/, '$1'))
      .filter((grant) => grant !== 'USAGE ON *.*' && !meant.includes(grant));
    yield judge(name, wider.length === 0, {
      ok: 'They are as narrow as meant.',
      fail: `It may do more than it needs: ${wider.join('; ')}.`,
      remedy: ANEW,
    });
  }
  const others = users.filter((user) => !(user in NEEDED) && user !== 'root@localhost');
  yield judge('users', others.length === 0, {
    ok: 'The database knows those of the stack alone.',
    warn: `The database also knows ${others.join(', ')}.`,
    remedy: 'DROP USER those that nobody needs.',
  });
  yield* examineWay(dir);
  const [, refused = '0'] = (await rowsOf(dir, "SHOW GLOBAL STATUS LIKE 'Aborted_connects'"))
    .join()
    .split('\t');
  const sentence = `${counted(Number(refused), 'connection')} to the database failed since it started.`;
  const remedy = '`prosora logs db` says whose.';
  yield judge('logins', Number(refused) < 100, { ok: sentence, warn: sentence, remedy });
}

/** TLS from Ghost to the database. */
async function* examineWay(dir: string): AsyncGenerator<Finding> {
  const [required = ''] = await rowsOf(dir, 'SELECT @@require_secure_transport');
  yield judge('tls to the database', required === '1', {
    ok: 'Every connection has to be encrypted.',
    fail: 'Connections without TLS are let in.',
    remedy: '`prosora up` starts it with the stack’s own settings.',
  });
  const [end = ''] = await rowsOf(dir, "SHOW GLOBAL STATUS LIKE 'Ssl_server_not_after'");
  const days = Math.floor((Date.parse(end.split('\t')[1] ?? '') - Date.now()) / 86_400_000);
  const sentence = `It ends in ${counted(days, 'day')}.`;
  yield judge('its certificate', days > LEFT_DAYS, {
    ok: sentence,
    warn: sentence,
    remedy:
      'Remove db_certificate.pem from the volume generated_secrets, then `prosora up` and restart db and ghost.',
  });
}
