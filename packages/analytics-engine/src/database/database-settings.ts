import { join, resolve } from 'node:path';
import type { EngineOptions } from '../options.ts';
import type { DatabaseSettings } from './messages.ts';

/** What the options say about the database. */
export function databaseSettings(
  options: Pick<EngineOptions, 'dataDir' | 'backupDir' | 'memoryLimitMb' | 'maxQuerySeconds'>,
): DatabaseSettings {
  return {
    dataDir: resolve(options.dataDir),
    backupDir: backupDirOf(options),
    memoryLimitBytes: options.memoryLimitMb * 2 ** 20,
    maxQuerySeconds: options.maxQuerySeconds,
  };
}

/** Where backups are. */
export function backupDirOf({
  dataDir,
  backupDir,
}: Pick<EngineOptions, 'dataDir' | 'backupDir'>): string {
  return resolve(backupDir ?? join(dataDir, 'backups'));
}
