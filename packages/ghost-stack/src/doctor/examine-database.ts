import { type Finding, fail, ok, warn } from '@prosora/service';
import { compose } from '../stack/compose.ts';

/** What each user of the database may do, as `SHOW GRANTS` has it, and no more. */
const NEEDED: Readonly<Record<string, RegExp>> = {
  ghost: /^GRANT (USAGE ON \*\.\*|ALL PRIVILEGES ON `ghost`\.\*) TO/,
};

/** What the database in the stack says of its users and of the way to it. */
export async function* examineDatabase(dir: string): AsyncGenerator<Finding> {
  for (const [user, meant] of Object.entries(NEEDED)) {
    const grants = await ask(dir, `SHOW GRANTS FOR '${user}'@'%'`);
    const wider = grants.filter((grant) => !meant.test(grant));
    yield wider.length === 0
      ? ok(`grants of ${user}`, 'They are as narrow as meant.')
      : fail(
          `grants of ${user}`,
          `It may do more than it needs: ${wider.join('; ')}.`,
          'REVOKE what it does not need.',
        );
  }
  const [, refused = '0'] = (await ask(dir, "SHOW GLOBAL STATUS LIKE 'Aborted_connects'"))
    .join()
    .split('\t');
  yield Number(refused) < 100
    ? ok('logins', `${refused} connections to the database failed since it started.`)
    : warn(
        'logins',
        `${refused} connections to the database failed since it started.`,
        '`prosora logs db` says whose.',
      );
}

async function ask(dir: string, statement: string): Promise<string[]> {
  const run = 'MYSQL_PWD="$(cat /run/secrets/db_root_password)" mysql -h 127.0.0.1 -u root -N -B';
  const words = ['exec', '-T', 'db', 'sh', '-c', run];
  const printed = await compose(dir, words, { input: statement });
  return printed.split('\n').filter(Boolean);
}
