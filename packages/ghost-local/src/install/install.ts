import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { GhostLocalError } from '../errors.ts';
import { installFailure } from './install-failure.ts';
import { withInstallLock } from './install-lock.ts';
import { assertNodeRunsGhost } from './node-version.ts';
import {
  downloadGhost,
  installDependencies,
  proveNativeModules,
  workshopLock,
} from './package-managers.ts';

/** The Ghost everything in this repository is built and tested against; `PROSORA_GHOST_VERSION` tries another. */
export const GHOST_VERSION = process.env['PROSORA_GHOST_VERSION'] ?? '6.65.0';

/**
 * Takes the place of the 12.11.1 that Ghost names: 13 carries its binaries in the package, while 12
 * downloads them in an install script, and no script runs here.
 */
const BETTER_SQLITE3_VERSION = '13.2.0';

const DEFAULT_CACHE_DIR = fileURLToPath(new URL('../../../../.prosora/ghost', import.meta.url));
const STAMP = '.prosora-install.json';

/** What {@link installGhost} can be told. */
export interface InstallGhostOptions {
  /** Ghost's version on npm. (Default: {@link GHOST_VERSION}) */
  version?: string;
  /** Holds one folder a version. (Default: `.prosora/ghost` in the repository) */
  cacheDir?: string;
  /** An install to use as it is. (Default: the environment's `GHOST_DIR`, unless there is a cacheDir) */
  ghostDir?: string | undefined;
  /** Hears one line of progress at a time; hears nothing if Ghost is installed already. */
  onProgress?: (line: string) => void;
}

/** A Ghost that can be booted. */
export interface GhostInstall {
  version: string;
  /** The folder with Ghost's `index.js` and `node_modules`. */
  dir: string;
}

/**
 * Installs Ghost from npm into the cache, or finds it there.
 *
 * Works beside other callers in this and other processes: one installs, the others wait for it. It is
 * built in a folder of its own and moved into place last, so a killed install leaves nothing that
 * looks like one; the next call starts from what npm and pnpm had already downloaded.
 *
 * @throws GhostLocalError `UNSUPPORTED_NODE`, `GHOST_DIR_INVALID`, `NPM_MISSING`, `NPM_UNREACHABLE`,
 * `DISK_FULL`, `GHOST_INSTALL_FAILED`
 */
export async function installGhost(options: InstallGhostOptions = {}): Promise<GhostInstall> {
  assertNodeRunsGhost();
  const existing = options.ghostDir ?? (options.cacheDir ? undefined : process.env['GHOST_DIR']);
  if (existing) return await openInstall(resolve(existing));

  const version = options.version ?? GHOST_VERSION;
  const cacheDir = resolve(options.cacheDir ?? DEFAULT_CACHE_DIR);
  const install = { version, dir: join(cacheDir, version) };
  if (await isInstalled(install)) return install;

  const report = options.onProgress ?? (() => {});
  try {
    await mkdir(cacheDir, { recursive: true });
    await withInstallLock(
      join(cacheDir, `${version}.lock`),
      () => report('Waiting for another process that installs Ghost'),
      async () => {
        if (!(await isInstalled(install))) await buildInstall(install, report);
      },
    );
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    const lastLines = [error.message];
    throw installFailure('Ghost could not be written', { exitCode: null, lastLines });
  }
  return install;
}

async function buildInstall(install: GhostInstall, report: (line: string) => void) {
  const startedAt = performance.now();
  const workshopPrefix = `${install.dir}.part-`;
  await removeLeftovers(install, workshopPrefix, report);

  const workshop = await mkdtemp(workshopPrefix);
  try {
    report(`Downloading Ghost ${install.version}`);
    const ghostDir = await downloadGhost(install.version, workshop);
    await overrideBetterSqlite3(join(ghostDir, 'pnpm-workspace.yaml'));
    report('Installing its dependencies');
    await installDependencies(ghostDir, report);
    await proveNativeModules(ghostDir);
    await writeFile(join(ghostDir, STAMP), JSON.stringify(stampOf(install.version), null, 2));
    await rename(ghostDir, install.dir);
  } finally {
    await removeTree(workshop);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  report(`Ghost ${install.version} installed in ${seconds} s`);
}

/**
 * Under the lock, whatever has the name of a workshop belongs to a process that died. What it ran there may
 * need a moment to end, and would go on writing into a folder that was removed under it.
 */
async function removeLeftovers(
  { dir }: GhostInstall,
  workshopPrefix: string,
  report: (line: string) => void,
) {
  await removeTree(dir);
  const cacheDir = dirname(dir);
  const names = await readdir(cacheDir);
  for (const name of names.filter((name) => name.startsWith(basename(workshopPrefix)))) {
    const workshop = join(cacheDir, name);
    await withInstallLock(
      workshopLock(workshop),
      () => report('Waiting for the end of an install that was killed'),
      () => removeTree(workshop),
    );
  }
}

async function removeTree(path: string) {
  await rm(path, { recursive: true, force: true });
}

/** pnpm's own overrides reach both packages that ask for better-sqlite3: Ghost and knex-migrator. */
async function overrideBetterSqlite3(file: string) {
  const before = await readFile(file, 'utf8');
  const after = before.replace(
    /^overrides:$/m,
    `overrides:\n  better-sqlite3: ${BETTER_SQLITE3_VERSION}`,
  );
  if (after === before) {
    throw new GhostLocalError(
      'GHOST_INSTALL_FAILED',
      "Ghost's pnpm-workspace.yaml has no list of overrides to add better-sqlite3 to.",
      { help: `Use Ghost ${GHOST_VERSION}, or adapt the override to the layout of this version.` },
    );
  }
  await writeFile(file, after);
}

function stampOf(version: string) {
  return { ghost: version, betterSqlite3: BETTER_SQLITE3_VERSION };
}

async function isInstalled({ dir, version }: GhostInstall): Promise<boolean> {
  return isDeepStrictEqual(await readJson(join(dir, STAMP)), stampOf(version));
}

async function openInstall(dir: string): Promise<GhostInstall> {
  const manifest = await readJson(join(dir, 'package.json'));
  if (manifest?.['name'] === 'ghost' && typeof manifest['version'] === 'string') {
    return { version: manifest['version'], dir };
  }
  throw new GhostLocalError('GHOST_DIR_INVALID', `There is no Ghost in ${dir}.`, {
    help: 'Point GHOST_DIR at a folder with the index.js and the package.json of an installed Ghost.',
  });
}

async function readJson(file: string): Promise<Record<string, unknown> | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}
