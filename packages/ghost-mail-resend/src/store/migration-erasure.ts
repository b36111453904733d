import type { Kysely } from 'kysely';
import { FORGOTTEN_TEMPLATE } from './forget-text.ts';
import { hasNoChunkIn } from './message-over.ts';
import { createNotes } from './notes.ts';
import type { MailTables } from './schema.ts';
import { hashAddress } from './suppressed-address.ts';

/**
 * Step 005: whose mail put an address on Resend's list, the clock's record, two notes; and the text of sign-in
 * mails that were sent goes, since their links must not lie about for as long as mail is kept.
 */
export async function addErasure(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('suppressed_address')
    .addColumn('site', 'varchar(128)', (column) => column.notNull())
    .addColumn('address_hash', 'varchar(64)', (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('suppressed_once', ['address_hash', 'site'])
    .execute();
  await db.schema
    .createTable('clock_record')
    .addColumn('machine', 'varchar(255)', (column) => column.primaryKey())
    .addColumn('saved', 'text', (column) => column.notNull())
    .execute();
  await createNotes(db, ['webhook-skew', 'unknown-routes']);
  // The step before made the tables that these two need.
  const tables = db as unknown as Kysely<MailTables>;
  await holdKnown(tables);
  await tables
    .updateTable('message')
    .set({ template: FORGOTTEN_TEMPLATE })
    .where('lane', '=', 'transactional')
    .where(hasNoChunkIn('queued', 'dead'))
    .execute();
}

/** Bounces and complaints that Ghost was told of before sites were told apart. */
async function holdKnown(db: Kysely<MailTables>): Promise<void> {
  const told = await db
    .selectFrom('event')
    .innerJoin('recipient', (join) =>
      join
        .onRef('recipient.message_id', '=', 'event.message_id')
        .onRef('recipient.position', '=', 'event.position'),
    )
    .select(['event.site', 'recipient.address', 'event.stamp'])
    .where(({ or, eb }) => or([eb('type', '=', 'complained'), eb('code', 'in', [605, 607])]))
    .execute();
  const rows = new Map(
    told.map(({ site, address, stamp }) => {
      const address_hash = hashAddress(address);
      return [`${site} ${address_hash}`, { site, address_hash, since: stamp * 1_000 }];
    }),
  );
  for (const row of rows.values()) await db.insertInto('suppressed_address').values(row).execute();
}
