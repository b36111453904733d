import type { DurableTables, Migrations } from '@prosora/durable';
import type { Generated, Kysely, Transaction } from 'kysely';

/** The service's own tables, beside those of the queue. */
export interface CdnTables {
  site_change: SiteChangeTable;
  cdn_note: { name: string; value: string };
}

/** A transaction on them. */
export type CdnTx = Transaction<CdnTables & DurableTables>;

/** Who told of a change. */
export type ChangeSource = 'webhook' | 'pages' | 'operator' | 'start';

/** One row a change that was told of. */
interface SiteChangeTable {
  /** The order of arrival. */
  seq: Generated<number>;
  /** What is told twice is known by it. */
  id: string;
  source: ChangeSource;
  /** As `X-Cache-Invalidate` has them. */
  paths: string;
  /** Milliseconds since 1970. */
  received_at: number;
  /** When the last of the caches had forgotten it; null until then. */
  purged_at: number | null;
}

/** The shape of the store, step by step. */
export const cdnMigrations: Migrations = {
  '001-changes': {
    async up(db: Kysely<never>) {
      await db.schema
        .createTable('site_change')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('id', 'varchar(255)', (column) => column.notNull().unique())
        .addColumn('source', 'varchar(16)', (column) => column.notNull())
        .addColumn('paths', 'text', (column) => column.notNull())
        .addColumn('received_at', 'integer', (column) => column.notNull())
        .addColumn('purged_at', 'integer')
        .execute();
      await db.schema
        .createIndex('site_change_by_purge')
        .on('site_change')
        .columns(['purged_at', 'seq'])
        .execute();
      await db.schema
        .createTable('cdn_note')
        .addColumn('name', 'varchar(64)', (column) => column.primaryKey().notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute();
    },
  },
};
