import { type DurableTables, hasManyWriters, keepCounts, type Migrations } from '@prosora/durable';
import type { Generated, Kysely, Transaction } from 'kysely';
import type { HoldReason } from './ghost-events.ts';

/** The inbox's own tables, beside those of the queues. */
export interface InboxTables {
  stripe_event: StripeEventTable;
  /** What `keepCounts` has SQLite keep, and SQLite alone: '' for those that are not held. */
  stripe_event_count: { held: HoldReason | ''; count: number };
  stripe_mrr: StripeMrrTable;
  stripe_turn: StripeTurnTable;
}

/** A transaction on the inbox. */
export type InboxTx = Transaction<InboxTables & DurableTables>;

/** Who brought an event: Stripe, or a reconcile that found it missing. */
export type EventSource = 'stripe' | 'reconcile';

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
  /** The bytes as they came, sealed when the inbox has a key. */
  body: Uint8Array;
  /** Why it was not sent on. */
  held: HoldReason | null;
  source: EventSource;
  /** Who sent the request. */
  remote_address: string | null;
  /**
   * Of an event that Ghost counts each time and that is sent to it: what it is about, so that a second event about
   * it is recognised. Unique, for two processes may look at the same moment.
   */
  counts_once: string | null;
  /** The event that said the same before: this one is not sent to Ghost. */
  twin_of: string | null;
}

/** The monthly recurring revenue of each subscription, as the events so far say. */
interface StripeMrrTable {
  subscription: string;
  customer: string;
  currency: string;
  /** In the currency's smallest unit. */
  mrr: number;
  ended: 0 | 1;
  /** When a reconcile last stated it, in ms since 1970. */
  stated_at: number | null;
}

/** What one process at a time does, where there are several. */
interface StripeTurnTable {
  name: string;
  holder: string;
  /** Milliseconds since 1970, by the clock of the database server. */
  until: number;
}

/** The row that is written to see whether anything can be. */
export const WRITE_CHECK = 'check';

/** The shape of the inbox, step by step; for SQLite and MySQL alike. */
export const inboxMigrations: Migrations = {
  '001-events': {
    async up(db: Kysely<never>) {
      await db.schema
        .createTable('stripe_event')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('id', 'varchar(255)', (column) => column.notNull().unique())
        .addColumn('type', 'varchar(255)', (column) => column.notNull())
        .addColumn('api_version', 'varchar(64)')
        .addColumn('livemode', 'integer', (column) => column.notNull())
        .addColumn('customer', 'varchar(255)')
        .addColumn('received_at', 'integer', (column) => column.notNull())
        .addColumn('signature', 'text', (column) => column.notNull())
        .addColumn('secret_id', 'varchar(16)', (column) => column.notNull())
        .addColumn('body', 'blob', (column) => column.notNull())
        .addColumn('held', 'varchar(16)')
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
  '002-origin-and-revenue': {
    async up(db: Kysely<never>) {
      const event = db.schema.alterTable('stripe_event');
      await event
        .addColumn('source', 'varchar(16)', (column) => column.notNull().defaultTo('stripe'))
        .execute();
      await event.addColumn('remote_address', 'varchar(255)').execute();
      await event.addColumn('counts_once', 'varchar(255)').execute();
      await event.addColumn('twin_of', 'varchar(255)').execute();
      await db.schema
        .createIndex('stripe_event_counts_once')
        .on('stripe_event')
        .column('counts_once')
        .where('counts_once' as never, 'is not', null as never)
        .execute();
      await db.schema
        .createTable('stripe_mrr')
        .addColumn('subscription', 'varchar(255)', (column) => column.primaryKey().notNull())
        .addColumn('customer', 'varchar(255)', (column) => column.notNull())
        .addColumn('currency', 'varchar(16)', (column) => column.notNull())
        .addColumn('mrr', 'integer', (column) => column.notNull())
        .addColumn('ended', 'integer', (column) => column.notNull())
        .execute();
    },
  },
  '003-statements-and-turns': {
    async up(db: Kysely<never>) {
      await db.schema.alterTable('stripe_mrr').addColumn('stated_at', 'integer').execute();
      await db.schema
        .createTable('stripe_turn')
        .addColumn('name', 'varchar(64)', (column) => column.primaryKey().notNull())
        .addColumn('holder', 'varchar(64)', (column) => column.notNull())
        .addColumn('until', 'integer', (column) => column.notNull())
        .execute();
      const turn = { name: 'deliver to ghost', holder: '', until: 0 };
      await db
        .insertInto('stripe_turn' as never)
        .values(turn as never)
        .execute();
    },
  },
  '004-one-of-each-payment': {
    async up(db: Kysely<Pick<InboxTables, 'stripe_event' | 'stripe_turn'>>) {
      await db
        .insertInto('stripe_turn')
        .values({ name: WRITE_CHECK, holder: '', until: 0 })
        .execute();
      // Two processes may have taken two events of one payment at once, when nothing kept them from it.
      const many = await db
        .selectFrom('stripe_event')
        .select(({ fn }) => ['counts_once', fn.min('seq').as('first')])
        .where('counts_once', 'is not', null)
        .groupBy('counts_once')
        .having(({ fn }) => fn.countAll(), '>', 1)
        .execute();
      for (const { counts_once, first } of many) {
        await db
          .updateTable('stripe_event')
          .set({ counts_once: null })
          .where('counts_once', '=', counts_once)
          .where('seq', '!=', Number(first))
          .execute();
      }
      const index = 'stripe_event_counts_once';
      const dropped = db.schema.dropIndex(index);
      // MySQL names an index within its table, SQLite within the file.
      await (hasManyWriters(db) ? dropped.on('stripe_event') : dropped).execute();
      await db.schema
        .createIndex(index)
        .unique()
        .on('stripe_event')
        .column('counts_once')
        .where('counts_once', 'is not', null)
        .execute();
    },
  },
  '005-lists': {
    async up(db: Kysely<never>) {
      // SQLite and InnoDB end each with the primary key, so that a list follows one of them from any place.
      const indexes = {
        stripe_event_by_time: ['received_at'],
        stripe_event_by_type: ['type', 'received_at'],
        stripe_event_by_customer: ['customer', 'received_at'],
      };
      for (const [name, columns] of Object.entries(indexes)) {
        await db.schema.createIndex(name).on('stripe_event').columns(columns).execute();
      }
      await db.schema
        .createIndex('stripe_job_by_state')
        .on('job')
        .columns(['queue', 'state', 'added_at'])
        .execute();
      const dropped = db.schema.dropIndex('stripe_event_held');
      await (hasManyWriters(db) ? dropped.on('stripe_event') : dropped).execute();
      await db.schema
        .createIndex('stripe_event_held')
        .on('stripe_event')
        .columns(['held', 'received_at'])
        .where('held' as never, 'is not', null as never)
        .execute();
    },
  },
  '006-running-counts': {
    up: (db: Kysely<never>) => keepCounts(db, { of: 'stripe_event', by: ['held'] }),
  },
};
