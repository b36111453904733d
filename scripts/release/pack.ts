import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import buildPackages from '../build-packages.ts';
import { publicPackages } from './packages.ts';

/**
 * Builds every package and packs it into a folder, which is emptied before, with the sums of the tarballs in
 * `SHA256SUMS`: whoever publishes them needs nothing else.
 */
export async function packPackages(root: string, folder: string): Promise<string[]> {
  await buildPackages();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const names = publicPackages(root).map(({ dir }) => {
    const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: dir,
      encoding: 'utf8',
    });
    return JSON.parse(printed)[0].filename as string;
  });
  const sums = names.map((name) => `${sumOf(path.join(folder, name))}  ${name}\n`);
  writeFileSync(path.join(folder, 'SHA256SUMS'), sums.join(''));
  return names;
}

const sumOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
