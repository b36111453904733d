import type { Migrations } from '@prosora/durable';
import type { Generated, Kysely } from 'kysely';
import type { HoldReason } from './ghost-events.ts';

/** The inbox's own table, beside those of the queue. */
export interface InboxTables {
  stripe_event: StripeEventTable;
}

/** One row an event, written once. */
interface StripeEventTable {
  /** The order of arrival. */
  seq: Generated<number>;
  /** Stripe's event id. */
  id: string;
  type: string;
  api_version: string | null;
  livemode: 0 | 1;
  customer: string | null;
  /** Milliseconds since 1970. */
  received_at: number;
  /** The `Stripe-Signature` header as it came. */
  signature: string;
  /** Names the secret that matched without giving it away. */
  secret_id: string;
  /** The bytes as they came. */
  body: Uint8Array;
  /** Why it was not sent on. */
  held: HoldReason | null;
}

/** The shape of the inbox, step by step. */
export const inboxMigrations: Migrations = {
  '001-events': {
    async up(db: Kysely<never>) {
      await db.schema
        .createTable('stripe_event')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('id', 'text', (column) => column.notNull().unique())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('api_version', 'text')
        .addColumn('livemode', 'integer', (column) => column.notNull())
        .addColumn('customer', 'text')
        .addColumn('received_at', 'integer', (column) => column.notNull())
        .addColumn('signature', 'text', (column) => column.notNull())
        .addColumn('secret_id', 'text', (column) => column.notNull())
        .addColumn('body', 'blob', (column) => column.notNull())
        .addColumn('held', 'text')
        .execute();
      // The rows to show a person: few, whatever the size of the table.
      await db.schema
        .createIndex('stripe_event_held')
        .on('stripe_event')
        .column('held')
        .where('held' as never, 'is not', null as never)
        .execute();
    },
  },
};
