import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const PACKAGES = path.resolve(import.meta.dirname, '../packages');

/** Builds every package that has a build, once for all tests that pack one: two at a time. */
export default async function buildPackages(): Promise<void> {
  const folders = readdirSync(PACKAGES)
    .map((name) => path.join(PACKAGES, name))
    .filter((folder) => {
      const manifest = readFileSync(path.join(folder, 'package.json'), 'utf8');
      return JSON.parse(manifest).scripts?.build !== undefined;
    })
    .values();
  const buildRest = async () => {
    for (const folder of folders) {
      await promisify(execFile)('npm', ['run', 'build', '--silent'], { cwd: folder });
    }
  };
  await Promise.all([buildRest(), buildRest()]);
}
