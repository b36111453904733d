import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MANIFEST = import.meta.resolve('@prosora/ghost-storage-cloudinary/package.json');
const PACKAGE = path.dirname(fileURLToPath(MANIFEST));

/** The name under which Ghost's configuration finds the adapter. */
export const ADAPTER_NAME = 'prosora-cloudinary';

/**
 * Builds the storage adapter where a self-hoster unpacks the published package:
 * `content/adapters/storage/<name>`. Without its types, which take longer than it and which Ghost does not read.
 */
export async function mountAdapter(contentDir: string): Promise<void> {
  const target = path.join(contentDir, 'adapters/storage', ADAPTER_NAME);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await cp(path.join(PACKAGE, 'package.json'), path.join(target, 'package.json'));
  const options = ['--out-dir', path.join(target, 'dist'), '--no-dts'];
  await promisify(execFile)('npm', ['run', 'build', '--silent', '--', ...options], {
    cwd: PACKAGE,
  });
}
