import type { KeptSecret } from './kept-secret.ts';

/** The passwords of the database's users, none with a character that SQL reads anything into. */
export type DatabasePasswords = Record<'ghost' | 'backup' | 'metrics', KeptSecret>;

/** Who may do what in the stack's database. Only `ghost` writes, and only Ghost's own tables. */
const USERS: Readonly<Record<keyof DatabasePasswords, { at: string; grants: readonly string[] }>> =
  {
    ghost: { at: '%', grants: ['ALL PRIVILEGES ON ghost.*'] },
    // For `mysqldump` with every option that a whole dump needs, from within the database's container.
    backup: {
      at: 'localhost',
      grants: [
        'SELECT, SHOW VIEW, TRIGGER, LOCK TABLES, EVENT ON ghost.*',
        'PROCESS, RELOAD, REPLICATION CLIENT, SHOW_ROUTINE ON *.*',
      ],
    },
    // https://github.com/prometheus/mysqld_exporter#required-grants
    metrics: {
      at: '%',
      grants: ['PROCESS, REPLICATION CLIENT ON *.*', 'SELECT ON performance_schema.*'],
    },
  };

/**
 * What MySQL runs at each of its starts as `--init-file`, so that a data directory of an older version of the stack
 * gets the same users. One that is new gets them here alone, since the image would make `ghost` a second time.
 */
export function databaseUsers(passwords: DatabasePasswords): string {
  const users = Object.entries(USERS).flatMap(([name, { at, grants }]) => {
    const user = `'${name}'@'${at}'`;
    const password = passwords[name as keyof DatabasePasswords];
    return [
      `CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${password.value}'`,
      ...identify(user, password),
      `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${user}`,
      ...grants.map((grant) => `GRANT ${grant} TO ${user}`),
    ];
  });
  // Former versions let root in from every container of the network.
  return scriptOf(["DROP USER IF EXISTS 'root'@'%'", ...users]);
}

/** What makes the passwords so in a database that runs. Root's is no part of the above, which the image needs empty. */
export function databasePasswords(passwords: DatabasePasswords, root: KeptSecret): string {
  const users = Object.entries(USERS).flatMap(([name, { at }]) =>
    identify(`'${name}'@'${at}'`, passwords[name as keyof DatabasePasswords]),
  );
  return scriptOf([...users, ...identify("'root'@'localhost'", root)]);
}

/**
 * A user may have two passwords: https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords
 * From whichever two of the three states it comes, what is in use stays good between the statements.
 */
function identify(user: string, { value, other }: KeptSecret): string[] {
  const by = (password: string) => `ALTER USER ${user} IDENTIFIED BY '${password}'`;
  if (!other) return [by(value), `ALTER USER ${user} DISCARD OLD PASSWORD`];
  const [former, next] = other.is === 'next' ? [value, other.value] : [other.value, value];
  return [former, next].map((password) => `${by(password)} RETAIN CURRENT PASSWORD`);
}

const scriptOf = (statements: readonly string[]): string =>
  ['SET sql_log_bin = 0', ...statements].map((statement) => `${statement};\n`).join('');
