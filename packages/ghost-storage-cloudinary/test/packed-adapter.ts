import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const packageDir = join(import.meta.dirname, '..');

/**
 * The name under which a Ghost gets the packed adapter. Not the package's own: Ghost looks in the
 * `node_modules` above its folder first, and there lies this repository's link to the sources' last build.
 */
export const PACKED_NAME = '@packed/ghost-storage-cloudinary';

/** The package as npm would publish it, unpacked. */
export interface PackedAdapter extends AsyncDisposable {
  /** Holds package.json and what `files` names. */
  dir: string;
  /** What the build printed. */
  log: string;
}

/** Builds the package from its source, packs it and unpacks the tarball in a temporary folder. */
export async function packAdapter(): Promise<PackedAdapter> {
  const folder = await mkdtemp(join(tmpdir(), 'packed-adapter-'));
  const staging = join(folder, 'staging');
  await mkdir(staging);
  const build = await run('tsup', ['--out-dir', join(staging, 'dist')], { cwd: packageDir });
  for (const file of ['package.json', 'README.md']) {
    await cp(join(packageDir, file), join(staging, file));
  }
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: staging });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  await run('tar', ['-xzf', tarball], { cwd: folder });
  return {
    dir: join(folder, 'package'),
    log: build.stdout,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
