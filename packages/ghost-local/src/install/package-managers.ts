import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { extract } from 'tar';
import { GhostLocalError } from '../errors.ts';
import { installFailure } from './install-failure.ts';
import { runCommand } from './run-command.ts';

const require = createRequire(import.meta.url);

/** The lock of what runs in a workshop, the folder in which a Ghost is built. */
export function workshopLock(workshop: string): string {
  return join(workshop, 'command.lock');
}

/** Loads what Ghost cannot run without and what comes as a binary for this system. */
const LOAD_NATIVE_MODULES = `try {
  require('sharp');
  new (require('better-sqlite3'))(':memory:');
} catch (error) {
  console.error(error.message.split('\\n')[0]);
  process.exit(1);
}`;

/**
 * Downloads Ghost's package with npm, which brings the user's registry, proxy and certificates, and
 * unpacks it.
 *
 * @returns The folder with Ghost's `package.json`, below `workshop`.
 * @throws GhostLocalError `NPM_MISSING` and as {@link installFailure}
 */
export async function downloadGhost(version: string, workshop: string): Promise<string> {
  const result = await runCommand(
    'npm',
    [
      'pack',
      `ghost@${version}`,
      '--prefer-offline',
      '--loglevel=error',
      // npm's own 10 s and 60 s make whoever is offline wait for two minutes.
      '--fetch-retry-mintimeout=1000',
      '--fetch-retry-maxtimeout=5000',
    ],
    { cwd: workshop, lockFile: workshopLock(workshop) },
  ).catch((cause) => {
    throw new GhostLocalError('NPM_MISSING', 'There is no npm on the PATH.', {
      help: 'Install npm, which comes with Node.',
      cause,
    });
  });
  if (result.exitCode !== 0) throw installFailure('npm could not download Ghost', result);
  // Without `strict` a file that could not be written is a warning.
  await extract({ file: join(workshop, `ghost-${version}.tgz`), cwd: workshop, strict: true });
  return join(workshop, 'package');
}

/**
 * Installs Ghost's production dependencies with the pnpm that this package depends on, the version
 * that the `packageManager` field of the Ghost we are built against names. No install script runs.
 *
 * @throws GhostLocalError as {@link installFailure}
 */
export async function installDependencies(ghostDir: string, onLine: (line: string) => void) {
  const lockFile = workshopLock(dirname(ghostDir));
  // `bin/pnpm.mjs`, because pnpm's bin of that name is put in place by an install script.
  const manifest = require.resolve('pnpm/package.json');
  const result = await runCommand(
    process.execPath,
    [
      join(dirname(manifest), 'bin', 'pnpm.mjs'),
      'install',
      '--prod',
      '--ignore-scripts',
      // The override of better-sqlite3 changes the lock that Ghost ships.
      '--no-frozen-lockfile',
      '--prefer-offline',
      '--reporter=append-only',
      '--config.update-notifier=false',
      // Another Ghost may name another pnpm, which this one would download and run.
      '--config.pm-on-fail=ignore',
    ],
    { cwd: ghostDir, lockFile, onLine: (line) => reportProgress(line, onLine) },
  );
  if (result.exitCode !== 0) {
    throw installFailure("pnpm could not install Ghost's dependencies", result);
  }
}

/** Shortens pnpm's `Progress: resolved 9, reused 2, downloaded 7, added 8`, and drops the rest. */
function reportProgress(line: string, onLine: (line: string) => void) {
  const [, reused, downloaded, added] =
    /^Progress:.* reused (\d+), downloaded (\d+), added (\d+)/.exec(line) ?? [];
  if (added) onLine(`${Number(reused) + Number(downloaded)} packages fetched, ${added} in place`);
}

/**
 * Loads Ghost's native modules with the Node that will run Ghost.
 *
 * @throws GhostLocalError as {@link installFailure}
 */
export async function proveNativeModules(ghostDir: string) {
  const result = await runCommand(process.execPath, ['-e', LOAD_NATIVE_MODULES], {
    cwd: ghostDir,
    lockFile: workshopLock(dirname(ghostDir)),
  });
  if (result.exitCode !== 0) {
    throw installFailure('A binary that Ghost needs does not load on this system', result);
  }
}
