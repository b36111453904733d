import { setImmediate } from 'node:timers/promises';
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { FORGOTTEN_TEMPLATE } from '../store/forget-text.ts';
import type { MailStore, MailTables, MailTx } from '../store/schema.ts';
import { cancelEmpty } from '../store/states.ts';
import type { OpenedMailStore } from '../store/store.ts';
import { hashAddress } from '../store/suppressed-address.ts';
import {
  eraseCalls,
  eraseReasons,
  eraseTexts,
  type Reader,
  readerOf,
  type Seqs,
} from './erase-texts.ts';

/** What the store has of a reader, by table. */
export interface Erasure {
  /** Mails to the reader, their variables and what became of them. */
  recipients: number;
  /** What Ghost was told of them. */
  events: number;
  /** Texts of single mails to or about the reader, such as a notice that they signed up. */
  texts: number;
  /** Notes of Ghost's calls, jobs that take the address off Resend's list, reasons that quote it. */
  notes: number;
  /** Mails that are being sent or may have been: their bytes must not change until Resend has answered. */
  inDoubt: number;
  /** Sites that hold the address on Resend's list; kept, as a hash. */
  suppressed: number;
}

/** Ghost puts up to a thousand recipients into a message. */
const MESSAGES_A_TIME = 20;
const JOBS_A_TIME = 10_000;

/**
 * Looks for a reader's address in the store, whatever its case, and with `apply` takes it out: recipients with
 * their events, texts of single mails that name the address, notes and reasons. A mail that still waits is not sent.
 * No index knows the address, so it looks at all there is, some at a time: the process does its work in between.
 *
 * What stays: mails in doubt, until Resend has answered, and the hash that keeps a bounced or complaining address
 * on Resend's list, without which it would be mailed again.
 */
export async function eraseReader(
  { store, suppressions }: OpenedMailStore,
  address: string,
  { apply }: { apply: boolean },
): Promise<Erasure> {
  const reader = readerOf(address);
  const erasure = { recipients: 0, events: 0, texts: 0, inDoubt: 0 };
  for await (const ids of allMessages(store)) {
    const rows = await store.db
      .selectFrom('recipient')
      .leftJoin('chunk', 'chunk.id', 'recipient.chunk_id')
      .select(['recipient.message_id', 'position', 'recipient.state', 'chunk_id'])
      .select('chunk.idempotency_key as key')
      .where('recipient.message_id', 'in', ids)
      .where((eb) => isReader(eb, reader))
      .execute();
    for (const row of rows) {
      if (row.state === 'queued' && row.key !== null) {
        erasure.inDoubt += 1;
        continue;
      }
      const outcome = apply
        ? await store.transaction((tx) => eraseRecipient(tx, row))
        : { isErased: true, events: await countEvents(store, row) };
      if (!outcome.isErased) erasure.inDoubt += 1;
      else {
        erasure.recipients += 1;
        erasure.events += outcome.events;
      }
    }
    erasure.texts += await eraseTexts(store, ids, reader, apply);
  }
  let notes = await eraseCalls(store, suppressions.name, reader, apply);
  for await (const seqs of allJobs(store)) notes += await eraseReasons(store, seqs, reader, apply);
  const { held } = await store.db
    .selectFrom('suppressed_address')
    .select(({ fn }) => fn.countAll<number>().as('held'))
    .where('address_hash', '=', hashAddress(address))
    .executeTakeFirstOrThrow();
  return { ...erasure, notes, suppressed: Number(held) };
}

async function* allMessages({ db }: MailStore): AsyncGenerator<string[]> {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('message')
      .select('id')
      .where('id', '>', after)
      .orderBy('id')
      .limit(MESSAGES_A_TIME)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ id }) => id);
    after = last.id;
    await setImmediate();
  }
}

async function* allJobs({ db }: MailStore): AsyncGenerator<Seqs> {
  const { last } = await db
    .selectFrom('job')
    .select(({ fn }) => fn.max('seq').as('last'))
    .executeTakeFirstOrThrow();
  // The highest of no rows is null.
  for (let from = 0; from <= (last ?? -1); from += JOBS_A_TIME) {
    yield { from, to: from + JOBS_A_TIME };
    await setImmediate();
  }
}

interface FoundRow {
  message_id: string;
  position: number;
  chunk_id: string;
}

/** The address alone, or behind a display name. */
function isReader(
  { or, fn, eb, ref }: ExpressionBuilder<MailTables, 'recipient'>,
  { bare, like }: Reader,
): Expression<SqlBool> {
  const address = fn<string>('lower', [ref('recipient.address')]);
  return or([eb(address, '=', bare), sql<SqlBool>`${address} like ${`%<${like}>`} escape '!'`]);
}

async function countEvents(
  { db }: OpenedMailStore['store'],
  { message_id, position }: FoundRow,
): Promise<number> {
  const { events } = await db
    .selectFrom('event')
    .select(({ fn }) => fn.countAll<number>().as('events'))
    .where('message_id', '=', message_id)
    .where('position', '=', position)
    .executeTakeFirstOrThrow();
  return Number(events);
}

/** Takes one mail out, unless its call has begun meanwhile; what nobody is left of goes with it. */
async function eraseRecipient(
  tx: MailTx,
  { message_id, position, chunk_id }: FoundRow,
): Promise<{ isErased: boolean; events: number }> {
  const chunk = await tx
    .selectFrom('chunk')
    .select(['state', 'idempotency_key'])
    .where('id', '=', chunk_id)
    .forUpdate()
    .executeTakeFirst();
  if (chunk?.state === 'queued' && chunk.idempotency_key !== null) {
    return { isErased: false, events: 0 };
  }
  const counts = [];
  for (const table of ['event', 'recipient'] as const) {
    const { numDeletedRows } = await tx
      .deleteFrom(table)
      .where('message_id', '=', message_id)
      .where('position', '=', position)
      .executeTakeFirstOrThrow();
    counts.push(Number(numDeletedRows));
  }
  const left = (column: 'chunk_id' | 'message_id', id: string) =>
    tx
      .selectFrom('recipient')
      .select('position')
      .where(column, '=', id)
      .limit(1)
      .executeTakeFirst();
  if (chunk !== undefined && (await left('chunk_id', chunk_id)) === undefined) {
    await cancelEmpty(tx, chunk_id);
  }
  if ((await left('message_id', message_id)) === undefined) {
    await tx
      .updateTable('message')
      .set({ template: FORGOTTEN_TEMPLATE })
      .where('id', '=', message_id)
      .execute();
  }
  return { isErased: true, events: counts[0] ?? 0 };
}
