import { hasManyWriters, keepCounts, type Migrations } from '@prosora/durable';
import type { Kysely } from 'kysely';
import { isFailure } from './events.ts';
import { addErasure } from './migration-erasure.ts';
import { createNotes } from './notes.ts';

/** The tables by numbered steps. */
export const mailMigrations: Migrations = {
  '001-mail': {
    async up(db: Kysely<never>) {
      await db.schema
        .createTable('message')
        .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('site', 'varchar(128)', (column) => column.notNull())
        .addColumn('domain', 'varchar(255)', (column) => column.notNull())
        .addColumn('email_id', 'varchar(128)')
        .addColumn('lane', 'varchar(16)', (column) => column.notNull())
        .addColumn('tags', 'text', (column) => column.notNull())
        .addColumn('template', 'text', (column) => column.notNull())
        .addColumn('track_opens', 'integer', (column) => column.notNull())
        .addColumn('deliver_at', 'bigint')
        .addColumn('accepted_at', 'bigint', (column) => column.notNull())
        .addColumn('content_key', 'varchar(64)')
        .execute();
      await db.schema
        .createIndex('message_by_email')
        .on('message')
        .columns(['site', 'email_id'])
        .execute();
      await db.schema
        .createIndex('message_by_content')
        .on('message')
        .columns(['content_key', 'accepted_at'])
        .execute();

      await db.schema
        .createTable('recipient')
        .addColumn('message_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('position', 'integer', (column) => column.notNull())
        .addColumn('site', 'varchar(128)', (column) => column.notNull())
        .addColumn('email_id', 'varchar(128)')
        .addColumn('address', 'varchar(512)', (column) => column.notNull())
        .addColumn('variables', 'text', (column) => column.notNull())
        .addColumn('chunk_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('state', 'varchar(16)', (column) => column.notNull())
        .addColumn('resend_id', 'varchar(64)')
        .addPrimaryKeyConstraint('recipient_by_position', ['message_id', 'position'])
        // Rows without a newsletter's id differ from each other: NULL equals nothing.
        .addUniqueConstraint('recipient_once', ['site', 'email_id', 'address'])
        .execute();
      await db.schema
        .createIndex('recipient_by_chunk')
        .on('recipient')
        .columns(['chunk_id', 'position'])
        .execute();
      await db.schema
        .createIndex('recipient_by_resend_id')
        .on('recipient')
        .column('resend_id')
        .execute();

      await db.schema
        .createTable('chunk')
        .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('message_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('size', 'integer', (column) => column.notNull())
        .addColumn('state', 'varchar(16)', (column) => column.notNull())
        .addColumn('idempotency_key', 'varchar(64)')
        .addColumn('sha256', 'varchar(64)')
        .addColumn('renderer', 'integer')
        .addColumn('keyed_at', 'bigint')
        .execute();

      await db.schema
        .createTable('event')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('id', 'varchar(64)', (column) => column.notNull())
        .addColumn('site', 'varchar(128)', (column) => column.notNull())
        .addColumn('domain', 'varchar(255)', (column) => column.notNull())
        .addColumn('stamp', 'bigint', (column) => column.notNull())
        .addColumn('type', 'varchar(16)', (column) => column.notNull())
        .addColumn('message_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('position', 'integer', (column) => column.notNull())
        .addColumn('kind', 'varchar(64)', (column) => column.notNull())
        .addColumn('severity', 'varchar(16)')
        .addColumn('code', 'integer')
        .addColumn('reason', 'text')
        .addColumn('enhanced_code', 'varchar(50)')
        .addColumn('occurred_at', 'bigint', (column) => column.notNull())
        .addUniqueConstraint('event_once', ['message_id', 'position', 'kind'])
        .execute();
      // The page Ghost asks for: one domain, a stretch of stamps, in order.
      await db.schema
        .createIndex('event_by_stamp')
        .on('event')
        .columns(['site', 'domain', 'stamp', 'seq'])
        .execute();

      await db.schema
        .createTable('webhook_seen')
        .addColumn('svix_id', 'varchar(128)', (column) => column.primaryKey())
        .addColumn('seen_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('suppression_call')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('site', 'varchar(128)', (column) => column.notNull())
        .addColumn('list', 'varchar(16)', (column) => column.notNull())
        .addColumn('address', 'varchar(512)', (column) => column.notNull())
        .addColumn('called_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('suppression_call_by_address')
        .on('suppression_call')
        .columns(['site', 'address', 'called_at'])
        .execute();
    },
  },
  '002-whole-bridge': {
    async up(db: Kysely<never>) {
      // The very bytes of a call that may be in doubt; gone once it is answered.
      await db.schema
        .createTable('chunk_body')
        .addColumn('chunk_id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('body', 'blob', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('note')
        .addColumn('name', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute();
      await createNotes(db, ['pace', 'webhook-secrets', 'webhook-at', 'chores-at', 'pixel-secret']);
      await db.schema
        .createTable('newsletter')
        .addColumn('site', 'varchar(128)', (column) => column.notNull())
        .addColumn('email_id', 'varchar(128)', (column) => column.notNull())
        .addColumn('state', 'varchar(16)', (column) => column.notNull())
        .addPrimaryKeyConstraint('newsletter_by_id', ['site', 'email_id'])
        .execute();
      for (const [table, column] of [
        ['recipient', 'sent_at'],
        ['recipient', 'settled_at'],
      ] as const) {
        await db.schema.alterTable(table).addColumn(column, 'integer').execute();
      }
      await db.schema
        .alterTable('message')
        .addColumn('smtp', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
      // Who was sent a mail and never heard of since; few at a time, whatever was sent before.
      await db.schema
        .createIndex('recipient_by_silence')
        .on('recipient')
        .columns(['state', 'settled_at', 'sent_at'])
        .execute();
      await db.schema
        .createIndex('message_by_age')
        .on('message')
        .columns(['accepted_at'])
        .execute();
      await db.schema
        .createIndex('webhook_seen_by_age')
        .on('webhook_seen')
        .columns(['seen_at'])
        .execute();
      await db.schema.createIndex('chunk_by_message').on('chunk').column('message_id').execute();
    },
  },
  '003-reconcile-in-rounds': {
    async up(db: Kysely<never>) {
      await createNotes(db, ['reconcile-sweep']);
      await db.schema.alterTable('message').dropColumn('smtp').execute();
      await db.schema.alterTable('chunk').dropColumn('size').execute();
    },
  },
  '004-imports': { up: (db: Kysely<never>) => createNotes(db, ['imports']) },
  '005-erasure': { up: addErasure },
  '006-catching-up-and-bots': {
    async up(db: Kysely<never>) {
      await createNotes(db, ['catch-up']);
      await db.schema.alterTable('event').addColumn('bot', 'varchar(16)').execute();
    },
  },
  '007-lists': {
    async up(db: Kysely<never>) {
      // The messages of a newsletter, and which newsletters there are: of all sites, and of one.
      await db.schema
        .createIndex('message_by_newsletter')
        .on('message')
        .columns(['email_id', 'id'])
        .execute();
      const former = db.schema.dropIndex('message_by_email');
      await (hasManyWriters(db) ? former.on('message') : former).execute();
      await db.schema
        .createIndex('message_by_email')
        .on('message')
        .columns(['site', 'email_id', 'id'])
        .execute();
      // Single mails by their age, which is what an id begins with.
      await db.schema
        .createIndex('message_by_lane')
        .on('message')
        .columns(['lane', 'id', 'site'])
        .execute();
    },
  },
  '008-running-counts': {
    async up(db: Kysely<never>) {
      await keepCounts(db, { of: 'recipient', by: ['email_id', 'state'] });
      // An event does not say which newsletter it is of, so those of single mails are counted too.
      await keepCounts(db, { of: 'event', by: ['message_id', 'kind'] });
      // Of a newsletter those that were sent in the last minute.
      await db.schema
        .createIndex('recipient_by_sending')
        .on('recipient')
        .columns(['email_id', 'sent_at'])
        .where('sent_at' as never, 'is not', null as never)
        .execute();
      if (hasManyWriters(db)) {
        await db.schema
          .createIndex('recipient_by_state')
          .on('recipient')
          .columns(['email_id', 'state'])
          .execute();
        return;
      }
      await db.schema
        .createIndex('chunk_queued')
        .on('chunk')
        .column('id')
        .where('state' as never, '=', 'queued' as never)
        .execute();
      // Few, of whom some have both. A server finds them by `event_once`.
      await db.schema
        .createIndex('event_failed')
        .on('event')
        .columns(['message_id', 'position', 'kind'])
        .where(isFailure)
        .execute();
    },
  },
};
