import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CollectorError } from './errors.ts';

/** The files of a data directory. */
export interface DataDir extends Disposable {
  spool: string;
  checkpoint: string;
  deadLetters: string;
  salts: string;
  midnightVisitors: string;
}

/** Where the dead letters of a data directory are. */
export function deadLettersIn(dir: string): string {
  return join(dir, 'dead-letters.ndjson');
}

/**
 * Takes a data directory for this process alone. The lock is SQLite's on a file without content, since
 * the system gives it back whichever way the process ends and Node has no call for it.
 *
 * @throws CollectorError `DATA_DIR_TAKEN` while another collector has it, `DATA_DIR_UNUSABLE`
 */
export function takeDataDir(dir: string): DataDir {
  const lock = openLock(dir);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new CollectorError('DATA_DIR_TAKEN', `Another collector uses ${dir}.`, {
      help: 'Stop it, or set PROSORA_COLLECTOR_DATA_DIR to another folder.',
      cause,
    });
  }
  return {
    spool: join(dir, 'spool'),
    checkpoint: join(dir, 'checkpoint'),
    deadLetters: deadLettersIn(dir),
    salts: join(dir, 'salts.json'),
    midnightVisitors: join(dir, 'midnight-visitors'),
    [Symbol.dispose]: () => lock.close(),
  };
}

function openLock(dir: string): DatabaseSync {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return new DatabaseSync(join(dir, 'lock'));
  } catch (cause) {
    throw new CollectorError('DATA_DIR_UNUSABLE', `The folder ${dir} cannot be written to.`, {
      help: 'Check PROSORA_COLLECTOR_DATA_DIR and who owns the folder.',
      cause,
    });
  }
}
