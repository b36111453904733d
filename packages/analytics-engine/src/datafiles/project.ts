import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { EngineError } from '../errors.ts';
import { type Datasource, parseDatasource } from './datasource.ts';
import { type Pipe, parsePipe } from './pipe.ts';

/** A Tinybird project: what a folder of datafiles says. */
export interface Project {
  datasources: ReadonlyMap<string, Datasource>;
  pipes: ReadonlyMap<string, Pipe>;
}

/**
 * Reads every `.datasource` and `.pipe` below a folder. Ghost keeps its own in
 * `core/server/data/tinybird`.
 *
 * @throws EngineError `DATAFILES_MISSING` when there is none, `DATAFILE_INVALID` for one that cannot
 * be read.
 */
export async function readProject(folder: string): Promise<Project> {
  const datasources = new Map<string, Datasource>();
  const pipes = new Map<string, Pipe>();
  for (const file of await datafilesIn(folder)) {
    const name = basename(file, extname(file));
    const text = await readFile(file, 'utf8');
    if ((file.endsWith('.datasource') ? datasources : pipes).has(name)) {
      throw new EngineError('DATAFILE_INVALID', `${file}: there is another ${basename(file)}.`);
    }
    if (file.endsWith('.datasource')) datasources.set(name, parseDatasource(text, name));
    else pipes.set(name, parsePipe(text, name));
  }
  if (datasources.size === 0) {
    throw new EngineError('DATAFILES_MISSING', `There is no Tinybird project in ${folder}.`, {
      help: 'Set GHOST_DIR to the folder of an installed Ghost 6 (the one with package.json and core).',
    });
  }
  return { datasources, pipes };
}

async function datafilesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && /\.(datasource|pipe)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
