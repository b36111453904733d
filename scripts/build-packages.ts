import { exec } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const PACKAGES = path.resolve(import.meta.dirname, '../packages');

/**
 * Builds every package that has a build, once for all tests that pack one: two at a time, by the package's own script
 * and without npm, whose start would be a cost for nothing. `npm run check` has built them just before, and says so.
 */
export default async function buildPackages(): Promise<void> {
  if (process.env['PROSORA_BUILT'] !== undefined) return;
  const manifests = globSync('*/package.json', { cwd: PACKAGES }).values();
  const buildRest = async () => {
    for (const manifest of manifests) {
      const file = path.join(PACKAGES, manifest);
      const { build } = JSON.parse(readFileSync(file, 'utf8')).scripts ?? {};
      if (build !== undefined) await promisify(exec)(build, { cwd: path.dirname(file) });
    }
  };
  await Promise.all([buildRest(), buildRest()]);
}
