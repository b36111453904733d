import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One folder for what tests write, which goes when they are over: a run leaves nothing behind. Node keeps there
 * what it has compiled, so that the hundreds of services and commands that tests start need less of the machine.
 */
export function setup(): () => Promise<void> {
  const before = process.env['TMPDIR'];
  const folder = mkdtempSync(join(tmpdir(), 'prosora-'));
  process.env['TMPDIR'] = folder;
  process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled');
  return async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    // A worker on its way out still writes what it compiled. Node 22's `rmSync` tries the same folder again and
    // never looks for what came into it since.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
