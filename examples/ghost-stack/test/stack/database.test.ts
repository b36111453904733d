import { expect, test } from 'vitest';
import { allHealthy, compose, exec, sql } from './stack.ts';

/** A statement as one of the users, with the password in its file; `more` are options of the client. */
function sqlAs(user: 'backup' | 'ghost' | 'metrics', statement: string, ...more: string[]) {
  const file = user === 'ghost' ? 'db_password' : `db_${user}_password`;
  const login = `MYSQL_PWD="$(cat /run/secrets/${file})" mysql -N -u ${user} "$@"`;
  return exec('db', 'sh', '-c', login, 'mysql', ...more, '-e', statement);
}

const GRANTS = {
  ghost: ['GRANT USAGE ON *.* TO `ghost`@`%`', 'GRANT ALL PRIVILEGES ON `ghost`.* TO `ghost`@`%`'],
  backup: [
    'GRANT RELOAD, PROCESS, REPLICATION CLIENT ON *.* TO `backup`@`localhost`',
    'GRANT SHOW_ROUTINE ON *.* TO `backup`@`localhost`',
    'GRANT SELECT, LOCK TABLES, SHOW VIEW, EVENT, TRIGGER ON `ghost`.* TO `backup`@`localhost`',
  ],
  metrics: [
    'GRANT PROCESS, REPLICATION CLIENT ON *.* TO `metrics`@`%`',
    'GRANT SELECT ON `performance_schema`.* TO `metrics`@`%`',
  ],
};

/** A statement over Ghost's own connection, with its own settings but for those that are given. */
function sqlOfGhost(statement: string, settings: Record<string, string> = {}): Promise<string> {
  const program = `const { knex } = require('/var/lib/ghost/current/core/server/data/db');
    knex.raw(process.argv[1]).then(([rows]) => console.log(rows[0].Value)).finally(() => knex.destroy())`;
  const env = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const words = ['exec', '--no-TTY', ...env, 'ghost', 'node', '-e', program, statement];
  return compose(words);
}

test('Ghost speaks TLS with its database, and believes no other certificate', async () => {
  expect(await sqlOfGhost("SHOW STATUS LIKE 'Ssl_cipher'")).toMatch(/^TLS_/);
  const other = { database__connection__ssl__ca_FILE: '/tmp/edge-ca.pem' };
  await expect(sqlOfGhost('SELECT 1', other)).rejects.toThrow(/self-signed|unable to verify/);
});

test.each(Object.entries(GRANTS))('%s may do what it needs and no more', async (user, grants) => {
  const printed = await sqlAs(user as keyof typeof GRANTS, 'SHOW GRANTS');
  expect(printed.split('\n')).toEqual(grants);
});

test('a connection without TLS is refused, and so is root from another container', async () => {
  const plain = sqlAs(
    'ghost',
    'SELECT 1',
    '-h',
    'db',
    '--ssl-mode=DISABLED',
    '--get-server-public-key',
  );
  await expect(plain).rejects.toThrow('ERROR 3159');
  const root = 'MYSQL_PWD="$(cat /run/secrets/db_root_password)" mysql -h db -u root -e "SELECT 1"';
  await expect(exec('db', 'sh', '-c', root)).rejects.toThrow('ERROR 1045');
});

test('the backup user dumps the whole of Ghost’s database, and reads no other', async () => {
  const dump =
    'MYSQL_PWD="$(cat /run/secrets/db_backup_password)" mysqldump -u backup --single-transaction --quick --routines --triggers --events --set-gtid-purged=OFF --hex-blob --no-tablespaces ghost';
  const printed = await exec('db', 'sh', '-c', dump);
  expect(printed).toContain('CREATE TABLE `members`');
  expect(printed.trimEnd().split('\n').at(-1)).toMatch(/^-- Dump completed on /);
  await expect(sqlAs('backup', 'SELECT * FROM mysql.user')).rejects.toThrow('ERROR 1142');
  await expect(sqlAs('backup', 'DELETE FROM ghost.members')).rejects.toThrow('ERROR 1142');
});

test('a database of a former version gets its users at the next start', async () => {
  await sql("DROP USER 'backup'@'localhost', 'metrics'@'%'");
  await sql("CREATE USER 'root'@'%' IDENTIFIED BY 'as-the-image-made-it'");
  await sql("GRANT SELECT ON mysql.* TO 'ghost'@'%'");
  await compose(['restart', 'db']);
  await allHealthy();
  expect((await sqlAs('backup', 'SHOW GRANTS')).split('\n')).toEqual(GRANTS.backup);
  expect((await sqlAs('ghost', 'SHOW GRANTS')).split('\n')).toEqual(GRANTS.ghost);
  expect(
    await sql("SELECT count(*) FROM mysql.user WHERE user = 'root' AND host <> 'localhost'"),
  ).toBe('0');
});
