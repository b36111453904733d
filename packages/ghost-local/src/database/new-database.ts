import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GhostInstall } from '../install/install.ts';
import { withInstallLock } from '../install/install-lock.ts';
import { baseConfig } from '../site/config.ts';
import { prepareSiteFolder, siteFolderAt, writeConfig } from '../site/site-folder.ts';

const DEFAULT_CACHE_DIR = fileURLToPath(
  new URL('../../../../.prosora/ghost-databases', import.meta.url),
);
const MAKE_DATABASE = fileURLToPath(new URL('make-database.ts', import.meta.url));

/** Ghost's migrator takes 3 s alone, and some times that beside other work. */
const DEADLINE_MS = 120_000;

/** What a new database is made from, below the folder of Ghost. */
const SOURCES = ['core/server/data/schema', 'core/server/data/migrations', 'package.json'];

/** What {@link putNewDatabase} can be told. */
export interface NewDatabaseOptions {
  /** Holds the kept ones. (Default: `.prosora/ghost-databases` in the repository) */
  cacheDir?: string;
  /** Hears why nothing was put. */
  onProgress?: (line: string) => void;
}

/**
 * Puts a new SQLite database at `file` unless there is one: a copy of what Ghost's own migrator made
 * the first time, kept under a digest of what it is made from. Ghost would take seconds to make the
 * same, and checks at boot that no migration is missing.
 *
 * Tables and fixtures are in it, no settings: Ghost writes those at its first boot, with the secrets
 * and the id of that site. The keys of Ghost's own integrations, which are fixtures, are new in each
 * copy. What fixtures say of when they were made is when the kept one was.
 *
 * Where none can be made nothing is put, and Ghost makes its own or says why it cannot.
 */
export async function putNewDatabase(
  file: string,
  install: GhostInstall,
  options: NewDatabaseOptions = {},
): Promise<void> {
  if (await isThere(file)) return;
  const part = `${file}.part`;
  try {
    const kept = await keptDatabase(install, options.cacheDir ?? DEFAULT_CACHE_DIR);
    await copyFile(kept, part, constants.COPYFILE_FICLONE);
    if (renewKeys(part)) return await rename(part, file);
    await rm(kept, { force: true });
    throw new Error(`${kept} was damaged and is removed`);
  } catch (error) {
    await rm(part, { force: true });
    options.onProgress?.(`Ghost makes its database itself: ${error}`);
  }
}

/** Says whether the copy is whole. */
function renewKeys(file: string): boolean {
  const database = new DatabaseSync(file);
  try {
    const [check] = database.prepare('PRAGMA quick_check').all();
    database.exec('UPDATE api_keys SET secret = lower(hex(randomblob(length(secret) / 2)))');
    return check?.['quick_check'] === 'ok';
  } catch {
    return false;
  } finally {
    database.close();
  }
}

/** The path of the kept database, which is made if need be: once, however many processes ask. */
async function keptDatabase(install: GhostInstall, cacheDir: string): Promise<string> {
  const name = `${install.version}-${await digestOf(install.dir)}`;
  const kept = join(cacheDir, `${name}.db`);
  if (await isThere(kept)) return kept;
  await mkdir(cacheDir, { recursive: true });
  await withInstallLock(
    join(cacheDir, `${name}.lock`),
    () => {},
    async () => {
      if (!(await isThere(kept))) await makeDatabase(install, kept);
    },
  );
  return kept;
}

/** Moved into place last: a process that is killed before leaves no database, and the next makes one. */
async function makeDatabase(install: GhostInstall, kept: string): Promise<void> {
  const workshopPrefix = `${kept}.part-`;
  await removeLeftovers(workshopPrefix);
  const workshop = await mkdtemp(workshopPrefix);
  try {
    const site = siteFolderAt(workshop);
    await prepareSiteFolder(site, install.dir);
    const { contentDir, databaseFile } = site;
    const url = 'http://localhost:2368';
    await writeConfig(
      site,
      'development',
      baseConfig({ url, port: 2368, contentDir, databaseFile }),
    );
    await promisify(execFile)(process.execPath, [MAKE_DATABASE], {
      cwd: workshop,
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    await rename(databaseFile, kept);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** Under the lock, whatever has the name of a workshop belongs to a process that died. */
async function removeLeftovers(workshopPrefix: string): Promise<void> {
  const [cacheDir, prefix] = [dirname(workshopPrefix), basename(workshopPrefix)];
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith(prefix)) await rm(join(cacheDir, name), { recursive: true, force: true });
  }
}

async function digestOf(ghostDir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of await filesBelow(join(ghostDir, source))) {
      hash
        .update(`${file.slice(ghostDir.length)}\0`)
        .update(await readFile(file))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.length === 0) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
