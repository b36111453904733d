import { join } from 'node:path';
import { tryFileLock } from '@prosora/service';
import { EngineError } from '../errors.ts';

/**
 * Takes a data directory, which is there already, for this process alone. ClickHouse's own lock comes too late:
 * by then a restore has moved its folder.
 *
 * @throws EngineError `DATA_DIR_TAKEN` while another process has it; Error when the file cannot be locked at
 * all.
 */
export function takeDataDir(dataDir: string): Disposable {
  const lock = tryFileLock(join(dataDir, 'engine.lock'));
  if (lock) return lock;
  throw new EngineError('DATA_DIR_TAKEN', `An engine runs on ${dataDir}.`, {
    help: 'Stop it first, or set PROSORA_ENGINE_DATA_DIR to another folder.',
  });
}
