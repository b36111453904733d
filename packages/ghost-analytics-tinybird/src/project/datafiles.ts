import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CollectorError } from '../errors.ts';
import own from './datafiles.json' with { type: 'json' };

/** A file of a Tinybird project. */
export interface Datafile {
  /** With its ending, `.datasource` or `.pipe`. */
  name: string;
  text: string;
}

const IN_GHOST = 'core/server/data/tinybird';

/**
 * The project that the installed Ghost brings, as it is, and ours beside it.
 *
 * @throws CollectorError `GHOST_DIR_INVALID`
 */
export function datafilesOf(ghostDir: string): Datafile[] {
  const folder = join(ghostDir, IN_GHOST);
  const ghosts = namesIn(folder)
    .filter((name) => /\.(?:datasource|pipe)$/.test(name))
    .map((name) => ({ name: basename(name), text: readFileSync(join(folder, name), 'utf8') }));
  if (ghosts.length === 0) {
    throw new CollectorError('GHOST_DIR_INVALID', `There is no Tinybird project in ${folder}.`, {
      help: 'Set GHOST_DIR to the folder of an installed Ghost 6: the one with its package.json.',
    });
  }
  return [...ghosts, ...Object.entries<string>(own).map(([name, text]) => ({ name, text }))];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch {
    return [];
  }
}
