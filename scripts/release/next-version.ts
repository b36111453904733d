import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readable } from './changelog.ts';
import { commonVersion, publicPackages } from './packages.ts';

/**
 * Turns the changesets into the next version: in every package.json, in the changelogs and in the lock. The packages
 * have one version, which is also that of the images and of the tag.
 */
export function nextVersion(root: string): string {
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const before = commonVersion(publicPackages(root));
  run('changeset', 'version');
  const packages = publicPackages(root);
  const version = commonVersion(packages);
  if (version === before) throw new Error('There is no changeset, so there is nothing to release.');
  const day = new Date().toISOString().slice(0, 10);
  for (const { dir } of packages) {
    const file = path.join(dir, 'CHANGELOG.md');
    writeFileSync(file, readable(readFileSync(file, 'utf8'), version, day));
  }
  run('npm', 'install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund');
  return version;
}
