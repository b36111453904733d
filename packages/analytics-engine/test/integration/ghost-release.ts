import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = resolve(import.meta.dirname, '../../../../.prosora/tinybird');
const IN_TARBALL = 'package/core/server/data/tinybird';

/**
 * The folder with the Tinybird project of a published Ghost, taken out of its package once. Only the
 * datafiles with their tests are kept, so this costs a download and no install.
 */
export async function ghostRelease(version: string): Promise<string> {
  const folder = join(CACHE, version);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, `${version}-`));
  try {
    await run('npm', ['pack', `ghost@${version}`, '--silent', '--ignore-scripts'], { cwd: draft });
    await run('tar', ['xzf', `ghost-${version}.tgz`, IN_TARBALL], { cwd: draft });
    // Another process may have been faster.
    if (!existsSync(folder)) renameSync(join(draft, IN_TARBALL), folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}
