import { settledStates } from '@prosora/durable';
import { type SqlBool, sql } from 'kysely';
import { FORGOTTEN_TEMPLATE } from '../store/forget-text.ts';
import { hasNoChunkIn } from '../store/message-over.ts';
import type { MailStore } from '../store/schema.ts';

/** Whose address is looked for. */
export interface Reader {
  /** In small letters. */
  bare: string;
  /** The same as a pattern of SQL. */
  like: string;
}

/** The numbers of jobs, from one up to and without another. */
export interface Seqs {
  from: number;
  to: number;
}

/** `%` and `_` are letters of an address, not patterns. */
export function readerOf(address: string): Reader {
  const bare = address.trim().toLowerCase();
  return { bare, like: bare.replace(/[!%_]/g, '!$&') };
}

/** Whether a text has the address, and not only as the end of a longer one. */
function namesAlone(text: string, bare: string): boolean {
  const parts = text.toLowerCase().split(bare).slice(0, -1);
  return parts.some((before) => !/[\w.!#$%&'*+/=?^`{|}~-]$/.test(before));
}

const names = (column: string, { like }: Reader) =>
  sql<SqlBool>`lower(${sql.ref(column)}) like ${`%${like}%`} escape '!'`;

/** Texts of single mails to others, such as a notice that the reader signed up. Returns how many. */
export async function eraseTexts(
  store: MailStore,
  ids: readonly string[],
  reader: Reader,
  apply: boolean,
): Promise<number> {
  const single = await store.db
    .selectFrom('message')
    .select(['id', 'template'])
    .where('id', 'in', ids)
    .where('lane', '!=', 'newsletter')
    .where(names('template', reader))
    .where(hasNoChunkIn('queued'))
    .execute();
  const texts = single.filter(({ template }) => namesAlone(template, reader.bare));
  if (apply && texts.length > 0) {
    await store.transaction((tx) =>
      tx
        .updateTable('message')
        .set({ template: FORGOTTEN_TEMPLATE })
        .where(
          'id',
          'in',
          texts.map(({ id }) => id),
        )
        .execute(),
    );
  }
  return texts.length;
}

/** Notes of Ghost's calls, and jobs that took the address off Resend's list. Returns how many. */
export async function eraseCalls(
  store: MailStore,
  suppressionQueue: string,
  { bare }: Reader,
  apply: boolean,
): Promise<number> {
  const calls = await store.db
    .selectFrom('suppression_call')
    .select('seq')
    .where(sql<SqlBool>`lower(address) = ${bare}`)
    .execute();
  const settled = await store.db
    .selectFrom('job')
    .select(['seq', 'payload'])
    .where('queue', '=', suppressionQueue)
    .where('state', 'in', settledStates)
    .execute();
  const textOf = (payload: Uint8Array | null) => Buffer.from(payload ?? []).toString();
  const jobs = settled.filter(({ payload }) => textOf(payload).toLowerCase() === bare);
  if (apply) {
    await store.transaction(async (tx) => {
      for (const { seq } of calls) {
        await tx.deleteFrom('suppression_call').where('seq', '=', seq).execute();
      }
      const payload = new Uint8Array();
      for (const { seq } of jobs) {
        await tx.updateTable('job').set({ payload }).where('seq', '=', seq).execute();
      }
    });
  }
  return calls.length + jobs.length;
}

/** Reasons that quote the address. Returns how many. */
export async function eraseReasons(
  store: MailStore,
  { from, to }: Seqs,
  reader: Reader,
  apply: boolean,
): Promise<number> {
  const jobs = await store.db
    .selectFrom('job')
    .select('seq')
    .where('seq', '>=', from)
    .where('seq', '<', to)
    .where(names('reason', reader))
    .execute();
  const attempts = await store.db
    .selectFrom('job_attempt')
    .select(['seq', 'attempt'])
    .where('seq', '>=', from)
    .where('seq', '<', to)
    .where(names('reason', reader))
    .execute();
  if (apply && jobs.length + attempts.length > 0) {
    const reason = 'What it said named a reader who was erased.';
    await store.transaction(async (tx) => {
      for (const { seq } of jobs) {
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
    });
  }
  return jobs.length + attempts.length;
}
