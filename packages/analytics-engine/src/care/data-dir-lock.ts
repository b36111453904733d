import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../errors.ts';

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/**
 * Takes a data directory, which is there already, for this process alone. The lock is SQLite's on a file
 * without content, since the system gives it back whichever way the process ends and Node has no call
 * for it. ClickHouse's own lock comes too late: by then a restore has moved its folder.
 *
 * @throws EngineError `DATA_DIR_TAKEN` while another process has it; Error when the file cannot be locked at
 * all.
 */
export function takeDataDir(dataDir: string): Disposable {
  const lock = new DatabaseSync(join(dataDir, 'engine.lock'));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) throw cause;
    throw new EngineError('DATA_DIR_TAKEN', `An engine runs on ${dataDir}.`, {
      help: 'Stop it first, or set PROSORA_ENGINE_DATA_DIR to another folder.',
      cause,
    });
  }
  return { [Symbol.dispose]: () => lock.close() };
}
