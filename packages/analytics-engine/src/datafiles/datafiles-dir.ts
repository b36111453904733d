import { join, resolve } from 'node:path';
import { EngineError } from '../errors.ts';
import type { EngineOptions } from '../options.ts';

/**
 * The folder of datafiles that the options name.
 *
 * @throws EngineError `DATAFILES_MISSING` when they name none
 */
export function datafilesDirOf({
  datafilesDir,
  ghostDir,
}: Pick<EngineOptions, 'datafilesDir' | 'ghostDir'>): string {
  if (datafilesDir) return resolve(datafilesDir);
  if (ghostDir) return resolve(join(ghostDir, 'core/server/data/tinybird'));
  throw new EngineError(
    'DATAFILES_MISSING',
    'Neither GHOST_DIR nor PROSORA_ENGINE_DATAFILES is set.',
    { help: 'Set GHOST_DIR to the folder of an installed Ghost 6.' },
  );
}
