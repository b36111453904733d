import { join, resolve } from 'node:path';
import {
  type BetterSqlite,
  betterSqlite,
  type MysqlClient,
  type StorePlace,
} from '@prosora/durable';
import type { Ghost } from '../config/ghost.ts';
import { JobsError } from '../errors.ts';
import type { JobsOptions } from '../options.ts';

/** Whether the store is in Ghost's MySQL database. */
export function isOnMysql(
  { store }: Pick<JobsOptions, 'store'>,
  { database }: Pick<Ghost, 'database'>,
): boolean {
  return store === 'mysql' || (store === 'auto' && /^mysql/.test(database.client ?? ''));
}

/**
 * Where the store is, with Ghost's own drivers.
 *
 * @throws JobsError JOBS_CONFIG_INVALID when it is to be in a MySQL that Ghost does not use
 */
export function placeOf(options: JobsOptions, ghost: Omit<Ghost, 'log'>): StorePlace {
  if (!isOnMysql(options, ghost)) {
    return {
      file: resolve(options.file ?? join(ghost.contentPath, 'data/prosora-jobs.db')),
      // Ghost-CLI starts no Ghost while a file in its folder has another mode; Ghost's own database has this one.
      ...(options.file === undefined && { mode: 0o644 }),
      sqlite: (...args) => betterSqlite(ghost.require('better-sqlite3') as BetterSqlite)(...args),
    };
  }
  const { connection } = ghost.database;
  if (!/^mysql/.test(ghost.database.client ?? '') || connection?.database === undefined) {
    throw new JobsError(
      'JOBS_CONFIG_INVALID',
      'store is "mysql", and Ghost does not keep its data in MySQL.',
      { help: 'Set store to "auto" or "sqlite".' },
    );
  }
  const url = new URL('mysql://localhost');
  url.hostname = connection.host ?? '127.0.0.1';
  url.port = String(connection.port ?? 3306);
  url.username = encodeURIComponent(connection.user ?? 'root');
  url.password = encodeURIComponent(connection.password ?? '');
  url.pathname = connection.database;
  return {
    mysql: url.href,
    mysql2: ghost.require('mysql2/promise') as MysqlClient,
    prefix: options.tablePrefix,
    ...(connection.socketPath === undefined ? {} : { socketPath: connection.socketPath }),
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl as string }),
  };
}
