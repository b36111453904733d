import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Site } from './site.ts';

const run = promisify(execFile);
const ROOT_LOGIN = 'MYSQL_PWD="$(cat /run/secrets/db_root_password)"';
const DUMP = 'mysqldump --single-transaction --quick --hex-blob --no-tablespaces -u root ghost';

const restic = (folder: string, words: string) =>
  `docker run --rm -i --user 0:0 --tmpfs /tmp -v ${folder}:/repository -e RESTIC_PASSWORD=bare -e RESTIC_REPOSITORY=/repository ghcr.io/prosora/ops:dev restic --quiet ${words}`;

async function seconds(site: Site, script: string): Promise<number> {
  const startedAt = performance.now();
  await run('bash', ['-c', `set -euo pipefail; ${script}`], { cwd: site.dir });
  return (performance.now() - startedAt) / 1_000;
}

const inDatabase = (command: string) =>
  `docker compose exec -T db sh -c '${ROOT_LOGIN} exec ${command}'`;

async function dumpInto(site: Site, folder: string): Promise<number> {
  await seconds(site, restic(folder, 'init'));
  const keep = restic(folder, 'backup --stdin --stdin-filename dump.sql');
  return await seconds(site, `${inDatabase(DUMP)} | ${keep}`);
}

/** `mysqldump | restic`, with nothing looked at on the way. @returns seconds */
export async function bareBackup(site: Site): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'prosora-bench-bare-'));
  const took = await dumpInto(site, folder);
  await rm(folder, { recursive: true, force: true });
  return took;
}

/** The same dump out of a repository, and into a database beside Ghost's. @returns seconds */
export async function bareRestore(site: Site): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'prosora-bench-bare-'));
  await dumpInto(site, folder);
  await seconds(site, inDatabase('mysql -u root -e "CREATE DATABASE bare"'));
  const load = inDatabase('mysql -u root --init-command="SET SESSION sql_log_bin=0" bare');
  const took = await seconds(
    site,
    `${restic(folder, 'dump latest dump.sql')} > ${folder}/dump.sql && ${load} < ${folder}/dump.sql`,
  );
  await seconds(site, inDatabase('mysql -u root -e "DROP DATABASE bare"'));
  await rm(folder, { recursive: true, force: true });
  return took;
}
