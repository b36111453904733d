import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { FORGOTTEN_TEMPLATE } from '../store/forget-text.ts';
import type { MailTables, MailTx } from '../store/schema.ts';
import { cancelEmpty } from '../store/states.ts';
import type { OpenedMailStore } from '../store/store.ts';
import { hashAddress } from '../store/suppressed-address.ts';

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

const ROWS_A_TIME = 250;

/**
 * Looks for a reader's address in the store, whatever its case, and with `apply` takes it out: recipients with
 * their events, texts of single mails that name the address, notes and reasons. A mail that still waits is not sent.
 *
 * What stays: mails in doubt, until Resend has answered, and the hash that keeps a bounced or complaining address
 * on Resend's list, without which it would be mailed again.
 */
export async function eraseReader(
  { store, suppressions }: OpenedMailStore,
  address: string,
  { apply }: { apply: boolean },
): Promise<Erasure> {
  const erasure: Erasure = {
    recipients: 0,
    events: 0,
    texts: 0,
    notes: 0,
    inDoubt: 0,
    suppressed: 0,
  };
  const reader = { like: likeOf(address), bare: address.trim().toLowerCase() };
  let after = { message_id: '', position: -1 };
  for (;;) {
    const rows = await store.db
      .selectFrom('recipient')
      .leftJoin('chunk', 'chunk.id', 'recipient.chunk_id')
      .select(['recipient.message_id', 'position', 'recipient.state', 'chunk_id'])
      .select('chunk.idempotency_key as key')
      .where((eb) => isReader(eb, reader))
      .where(({ eb, or, and }) =>
        or([
          eb('recipient.message_id', '>', after.message_id),
          and([
            eb('recipient.message_id', '=', after.message_id),
            eb('position', '>', after.position),
          ]),
        ]),
      )
      .orderBy('recipient.message_id')
      .orderBy('position')
      .limit(ROWS_A_TIME)
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
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last;
  }
  const rest = (tx: MailTx) => eraseRest(tx, reader, suppressions.name, apply);
  Object.assign(erasure, await store.transaction(rest));
  const { held } = await store.db
    .selectFrom('suppressed_address')
    .select(({ fn }) => fn.countAll<number>().as('held'))
    .where('address_hash', '=', hashAddress(address))
    .executeTakeFirstOrThrow();
  return { ...erasure, suppressed: Number(held) };
}

interface Reader {
  bare: string;
  like: string;
}

interface FoundRow {
  message_id: string;
  position: number;
  chunk_id: string;
}

/** `%` and `_` are letters of an address, not patterns. */
const likeOf = (address: string): string => address.trim().toLowerCase().replace(/[!%_]/g, '!$&');

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

/** Whether a text has the address, and not only as the end of a longer one. */
function namesAlone(text: string, bare: string): boolean {
  const parts = text.toLowerCase().split(bare).slice(0, -1);
  return parts.some((before) => !/[\w.!#$%&'*+/=?^`{|}~-]$/.test(before));
}

/** Everything else that may name the reader. */
async function eraseRest(
  tx: MailTx,
  { bare, like }: Reader,
  suppressionQueue: string,
  apply: boolean,
): Promise<Pick<Erasure, 'texts' | 'notes'>> {
  const names = (column: string) =>
    sql<SqlBool>`lower(${sql.ref(column)}) like ${`%${like}%`} escape '!'`;
  const single = tx
    .selectFrom('message')
    .select(['id', 'template'])
    .where('lane', '!=', 'newsletter')
    .where(names('template'))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('chunk')
            .select('chunk.id')
            .whereRef('chunk.message_id', '=', 'message.id')
            .where('chunk.state', '=', 'queued'),
        ),
      ),
    );
  const texts = (await single.execute())
    .filter(({ template }) => namesAlone(template, bare))
    .map(({ id }) => id);
  const calls = await tx
    .selectFrom('suppression_call')
    .select('seq')
    .where(sql<SqlBool>`lower(address) = ${bare}`)
    .execute();
  const jobs = (
    await tx
      .selectFrom('job')
      .select(['seq', 'payload'])
      .where('queue', '=', suppressionQueue)
      .where('state', 'in', ['done', 'dropped', 'superseded', 'dead', 'ambiguous'])
      .execute()
  ).filter(
    ({ payload }) =>
      Buffer.from(payload ?? [])
        .toString()
        .toLowerCase() === bare,
  );
  const reasons = await tx.selectFrom('job').select('seq').where(names('reason')).execute();
  const attempts = await tx
    .selectFrom('job_attempt')
    .select(['seq', 'attempt'])
    .where(names('reason'))
    .execute();
  if (apply) {
    for (const id of texts) {
      const template = FORGOTTEN_TEMPLATE;
      await tx.updateTable('message').set({ template }).where('id', '=', id).execute();
    }
    for (const { seq } of calls) {
      await tx.deleteFrom('suppression_call').where('seq', '=', seq).execute();
    }
    const reason = 'What it said named a reader who was erased.';
    for (const { seq } of jobs) {
      await tx
        .updateTable('job')
        .set({ payload: new Uint8Array() })
        .where('seq', '=', seq)
        .execute();
    }
    for (const { seq } of reasons) {
      await tx.updateTable('job').set({ reason }).where('seq', '=', seq).execute();
    }
    for (const { seq, attempt } of attempts) {
      await tx
        .updateTable('job_attempt')
        .set({ reason })
        .where('seq', '=', seq)
        .where('attempt', '=', attempt)
        .execute();
    }
  }
  return {
    texts: texts.length,
    notes: calls.length + jobs.length + reasons.length + attempts.length,
  };
}
