// Made from packages/analytics-engine/openapi.json by `npm run docs`; do not edit.

import type { Finding, Numbers, Page } from './every-service.ts';

export interface operations {
  /** Says whether the engine is ready, and counts its rows, restarts and waiting requests. */
  'status': {
    access: 'read';
    input: Record<string, never>;
    output: Numbers & {
      /** How the clock jumped; null while it is believed */
      'clock': {
        /** Milliseconds since 1970 when the clock jumped */
        'since': number;
        /** By how much it is ahead; below 0 it is behind */
        'stepMs': number;
        /** Whether it jumped while nobody looked */
        'isAbsenceUnknown': boolean;
      } | null;
    };
  };
  /** Looks at all that the engine needs, with the options that it was started with, and says what it finds. */
  'doctor': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'findings': (Finding)[];
    };
  };
  /** Lists the backups that are there, oldest first. */
  'backups': {
    access: 'read';
    input: {
      /** How many at most */
      'limit'?: number | undefined;
      'after'?: string | undefined;
    };
    output: Page<{
      'name': string;
      /** Its folder, on the machine of the engine */
      'path': string;
      'createdAt': string;
      /** Rows by table */
      'rows': Record<string, number>;
    }>;
  };
  /** Copies everything while the engine serves. Answers when the copy is whole. */
  'backup': {
    access: 'write';
    input: Record<string, never>;
    output: {
      'name': string;
      /** Its folder, on the machine of the engine */
      'path': string;
      'createdAt': string;
      /** Rows by table */
      'rows': Record<string, number>;
    };
  };
  /** Writes a table to a new file while the engine serves. Answers when the file is whole. */
  'export': {
    access: 'write';
    input: {
      'table': string;
      /** Absolute path on the machine of the engine, which may be written there: it ends in .ndjson or .parquet, and .gz or .zst after it compresses */
      'file': string;
    };
    output: {
      'rows': number;
    };
  };
  /** Removes old events now, and says that the machine's clock is right. What views derived from them stays. */
  'retention': {
    access: 'write';
    input: {
      /** How many whole months stay; without it as many as the engine keeps */
      'months'?: number | undefined;
    };
    output: {
      'removed': ({
        'table': string;
        /** YYYYMM */
        'month': string;
        'rows': number;
      })[];
    };
  };
  /** Says where page views name a member, and with isSure puts nobody in their place; the page views stay. */
  'erase': {
    access: 'write';
    input: {
      /** The id that Ghost gave them */
      'member': string;
      'isSure'?: boolean | undefined;
    };
    output: {
      'found': ({
        'table': string;
        'columns': (string)[];
        'rows': number;
      })[];
      /** Folders that are not changed and may name the member */
      'copies': (string)[];
    };
  };
  /** Says that the machine's clock is right after it jumped; the engine hears it within a minute. */
  'trust-clock': {
    access: 'write';
    input: Record<string, never>;
    output: {
      /** False when no engine has looked at the clock yet */
      'isHeard': boolean;
    };
  };
  /** Gives up the tables that an upgrade of the datafiles kept as they were. */
  'confirm': {
    access: 'write';
    input: Record<string, never>;
    output: {
      'tables': (string)[];
    };
  };
}
