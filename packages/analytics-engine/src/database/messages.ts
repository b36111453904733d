import type { QueryOptions } from './connection.ts';
import type { NamedInsert } from './journal.ts';

/** What the database process is started with. */
export interface DatabaseSettings {
  dataDir: string;
  /** The only folder that backups go to and come from. */
  backupDir: string;
  /** What all queries and caches together may use. */
  memoryLimitBytes: number;
  /** After this ClickHouse gives a query up. */
  maxQuerySeconds: number;
}

/** One thing to do. */
export type Task =
  | ({ kind: 'query'; sql: string } & QueryOptions)
  | { kind: 'execute'; sql: string }
  | ({ kind: 'insert' } & NamedInsert);

/** From the service to the database process. */
export type Request = ({ id: number } & Task) | { kind: 'ping' } | { kind: 'stop' };

/** Why ClickHouse refused, with its error number where it gave one. */
export interface DatabaseFailure {
  message: string;
  clickhouseCode?: number;
  /** It was refused before any table had a row of it. */
  isTrial?: boolean;
}

/** From the database process to the service. */
export type Reply =
  | { kind: 'ready' }
  | { kind: 'pong' }
  | { kind: 'failed'; failure: DatabaseFailure }
  | { kind: 'done'; id: number; answer?: Uint8Array }
  | { kind: 'refused'; id: number; failure: DatabaseFailure };
