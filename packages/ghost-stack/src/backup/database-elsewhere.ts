import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OWNER_LABEL, type Place } from '../repository/place.ts';
import { settingReader } from '../settings/effective.ts';
import { careFolder } from '../stack/care-files.ts';

/** The way to the database elsewhere, in MySQL's own words, for the `--defaults-file` of its programs. */
export const WAY = '/run/database.cnf';
/** Where that says that the certificates are which DATABASE_CA names. */
export const CA = '/run/database-ca.pem';
/** What `db-tools` believes where DATABASE_CA names nobody. */
const PUBLIC_CA = '/etc/ssl/certs/ca-certificates.crt';

/**
 * The words of `docker` that run a script beside MySQL's programs, on the network by which Ghost reaches the database at
 * DATABASE_URL. The password is in a file, so that no container's description shows it.
 */
export function besideElsewhere({ dir, owner }: Place, script: string): string[] {
  const of = settingReader(dir);
  const ca = of('DATABASE_CA');
  const file = join(careFolder(dir), 'database.cnf');
  writeFileSync(file, wayTo(new URL(of('DATABASE_URL')), ca !== ''), { mode: 0o600 });
  const mounts = [`${file}:${WAY}:ro`, ...(ca === '' ? [] : [`${resolve(dir, ca)}:${CA}:ro`])];
  return [
    ...['compose', 'run', '--rm', '-T', '--no-deps', '--quiet-pull'],
    // Both files may be readable for their owner alone.
    ...['--user', '0:0', '--cap-add', 'DAC_OVERRIDE', '--label', `${OWNER_LABEL}=${owner}`],
    ...mounts.flatMap((mount) => ['--volume', mount]),
    ...['db-tools', 'sh', '-c', script],
  ];
}

/** As Ghost goes there: with TLS and a certificate for that very host, or not at all. */
export function wayTo(url: URL, hasCa: boolean): string {
  const lines = {
    host: url.hostname,
    port: url.port || '3306',
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    'ssl-mode': 'VERIFY_IDENTITY',
    'ssl-ca': hasCa ? CA : PUBLIC_CA,
  };
  // https://dev.mysql.com/doc/refman/8.4/en/option-files.html#option-file-syntax
  const quoted = (value: string) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
  const text = Object.entries(lines).map(([name, value]) => `${name}=${quoted(value)}\n`);
  return `[client]\n${text.join('')}`;
}
