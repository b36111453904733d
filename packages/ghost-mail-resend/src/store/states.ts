import type { Insertable } from 'kysely';
import { recordEvents, refusedRecipient } from './events.ts';
import { forgetSignIn } from './forget-text.ts';
import { forgetBody } from './frozen-body.ts';
import type { ChunkTable, MailQueue, MailTables, MailTx, RecipientState } from './schema.ts';

/*
 * The states of chunks and recipients. No other file writes either column.
 *
 * A chunk is one call to Resend:
 *
 *     addChunk ──► queued ──┬─ sent ──────────► sent
 *                    ▲      ├─ split ─────────► split      two new chunks are queued in its place
 *                    │      ├─ leaveInDoubt ──► unknown    nobody can say, and its key is never used again
 *                    │      ├─ doubtUnbegun ──► unknown    the store is from a backup, and it may have been called since
 *                    │      ├─ cancelChunk ───► canceled   by a person, before its call began
 *                    │      ├─ cancelEmpty ───► canceled   all its readers were erased
 *                    │      └─ giveUp ────────► dead       the queue gave up, and its call never began
 *                    └────────── requeueDead ─────┘
 *
 * A recipient is one mail:
 *
 *     addRecipients ──► queued ──┬─ sent ──────────► sent
 *                         ▲      ├─ failOne ───────► failed     Resend refused this mail
 *                         │      ├─ endWaiting ────► failed or canceled, with its chunk
 *                         │      └─ leaveInDoubt ──► unknown, or sent where a webhook came
 *                         ├─ requeueDead: from failed, with its chunk
 *                         └─ requeueOne: from sent, when Resend had no quota left for it
 *
 *     addRefused ──► failed          not an address: it is in no chunk
 *     unknown ── confirmSent (a webhook) or foundAtResend ──► sent
 */

/** A chunk that is to be sent. */
export interface NewChunk {
  id: string;
  messageId: string;
  rank: number;
  /** Null for at once. */
  availableAt: Date | null;
}

/** What names a recipient in its table. */
export interface RecipientId {
  messageId: string;
  position: number;
}

/** A recipient as it is accepted. */
export type NewRecipient = Omit<
  Insertable<MailTables['recipient']>,
  'state' | 'resend_id' | 'sent_at' | 'settled_at'
>;

/** Queues a chunk with the job that sends it; the recipients that name it are the caller's to write. */
export async function addChunk(
  { tx, queue }: { tx: MailTx; queue: MailQueue },
  { id, messageId, rank, availableAt }: NewChunk,
): Promise<void> {
  await tx.insertInto('chunk').values({ id, message_id: messageId, state: 'queued' }).execute();
  // Everything a chunk is made of is in rows of its own.
  const payload = new Uint8Array();
  await queue.add(id, payload, { tx, rank, ...(availableAt && { availableAt }) });
}

/** Queues the recipients of a chunk. */
export async function addRecipients(tx: MailTx, rows: readonly NewRecipient[]): Promise<void> {
  const queued = rows.map((row) => ({ ...row, state: 'queued' as const }));
  await tx.insertInto('recipient').values(queued).execute();
}

/** Takes down a recipient that gets no mail. */
export async function addRefused(
  tx: MailTx,
  row: Omit<NewRecipient, 'chunk_id'>,
  now: number,
): Promise<void> {
  const values = { ...row, chunk_id: '', state: 'failed' as const, settled_at: now };
  await tx.insertInto('recipient').values(values).execute();
}

/** Resend has answered for a chunk and taken its mails, but for those that fail one by one. */
export async function sent(tx: MailTx, chunkId: string): Promise<void> {
  const state = 'sent';
  await tx.updateTable('chunk').set({ state }).where('id', '=', chunkId).execute();
  await tx.updateTable('recipient').set({ state }).where('chunk_id', '=', chunkId).execute();
  await forgetBody(tx, chunkId);
}

/** Resend refused one mail. */
export async function failOne(
  tx: MailTx,
  { messageId, position }: RecipientId,
  now: number,
): Promise<void> {
  await tx
    .updateTable('recipient')
    .set({ state: 'failed', settled_at: now })
    .where('message_id', '=', messageId)
    .where('position', '=', position)
    .execute();
}

/** Resend refused a chunk as a whole: its recipients go into chunks that the caller adds. */
export async function split(tx: MailTx, chunkId: string): Promise<void> {
  await tx.updateTable('chunk').set({ state: 'split' }).where('id', '=', chunkId).execute();
  await forgetBody(tx, chunkId);
}

/** Nobody can say what became of a call, except for mails that a webhook showed to be sent. */
export async function leaveInDoubt(
  tx: MailTx,
  { id, keyed_at }: Pick<ChunkTable, 'id' | 'keyed_at'>,
): Promise<void> {
  await tx.updateTable('chunk').set({ state: 'unknown' }).where('id', '=', id).execute();
  // One statement, since a webhook of another process may come between two.
  await tx
    .updateTable('recipient')
    .set(({ eb, ref, val }) => {
      const isSilent = eb('settled_at', 'is', null);
      return {
        state: eb
          .case()
          .when(isSilent)
          .then(val<RecipientState>('unknown'))
          .else(val<RecipientState>('sent'))
          .end(),
        sent_at: eb.case().when(isSilent).then(ref('sent_at')).else(keyed_at).end(),
      };
    })
    .where('chunk_id', '=', id)
    .where('state', '=', 'queued')
    .execute();
  await forgetBody(tx, id);
  await forgetSignIn(tx, id);
}

/**
 * Leaves a chunk in doubt whose call has not begun as far as this store knows, which is from a backup: it may have been
 * made since, at the time of the backup or later.
 */
export async function doubtUnbegun(tx: MailTx, id: string, since: number): Promise<void> {
  await tx.updateTable('chunk').set({ keyed_at: since }).where('id', '=', id).execute();
  await leaveInDoubt(tx, { id, keyed_at: since });
}

/**
 * Cancels a chunk unless a call for it has begun, and tells Ghost of each recipient. Returns how many there
 * were.
 */
export async function cancelChunk(tx: MailTx, chunkId: string, now: number): Promise<number> {
  if (!(await leaveUnbegun(tx, chunkId, 'canceled'))) return 0;
  const reason = 'The newsletter was canceled before this mail was sent.';
  return await endWaiting(tx, { chunkId, state: 'canceled', reason, now });
}

/** Cancels a chunk of which no recipient is left: a worker that comes to it finds nothing to do. */
export async function cancelEmpty(tx: MailTx, chunkId: string): Promise<void> {
  await tx.updateTable('chunk').set({ state: 'canceled' }).where('id', '=', chunkId).execute();
}

/**
 * Ends a chunk that the queue gave up, and tells Ghost why. Undefined when a call for it has begun; otherwise
 * returns how many recipients it ends for.
 */
export async function giveUp(
  tx: MailTx,
  chunkId: string,
  reason: string,
  now: number,
): Promise<number | undefined> {
  if (!(await leaveUnbegun(tx, chunkId, 'dead'))) return undefined;
  return await endWaiting(tx, { chunkId, state: 'failed', reason, now });
}

/** Takes a chunk out of `queued`, unless a call for it has begun. */
async function leaveUnbegun(
  tx: MailTx,
  chunkId: string,
  state: 'canceled' | 'dead',
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('chunk')
    .set({ state })
    .where('id', '=', chunkId)
    .where('state', '=', 'queued')
    .where('idempotency_key', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

interface Ending {
  chunkId: string;
  state: 'canceled' | 'failed';
  /** What Ghost is told. */
  reason: string;
  now: number;
}

/** Ends the recipients of a chunk that still wait, and tells Ghost. Returns how many there were. */
async function endWaiting(tx: MailTx, { chunkId, state, reason, now }: Ending): Promise<number> {
  const waiting = await tx
    .selectFrom('recipient')
    .innerJoin('message', 'message.id', 'recipient.message_id')
    .select(['message_id', 'position', 'message.site', 'domain'])
    .where('chunk_id', '=', chunkId)
    .where('state', '=', 'queued')
    .execute();
  await tx
    .updateTable('recipient')
    .set({ state, settled_at: now })
    .where('chunk_id', '=', chunkId)
    .where('state', '=', 'queued')
    .execute();
  for (const { message_id: messageId, ...subject } of waiting) {
    const times = { occurredAt: now, now };
    await recordEvents(tx, { ...subject, messageId }, [refusedRecipient(reason)], times);
  }
  return waiting.length;
}

/** Queues a dead chunk again, whose job the caller replays; one in another state stays as it is. */
export async function requeueDead(tx: MailTx, chunkId: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('chunk')
    .set({ state: 'queued' })
    .where('id', '=', chunkId)
    .where('state', '=', 'dead')
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return;
  await tx
    .updateTable('recipient')
    .set({ state: 'queued', settled_at: null })
    .where('chunk_id', '=', chunkId)
    .where('state', '=', 'failed')
    .execute();
}

/** Queues a mail again that Resend took and then did not send, in a chunk that the caller adds. */
export async function requeueOne(
  tx: MailTx,
  { messageId, position }: RecipientId,
  chunkId: string,
): Promise<void> {
  await tx
    .updateTable('recipient')
    .set({ chunk_id: chunkId, state: 'queued', resend_id: null, sent_at: null, settled_at: null })
    .where('message_id', '=', messageId)
    .where('position', '=', position)
    .execute();
}

/** A webhook about a mail shows that it was sent, which a call that never got an answer could not. */
export async function confirmSent(
  tx: MailTx,
  { messageId, position }: RecipientId,
  { resendId, now }: { resendId: string | undefined; now: number },
): Promise<void> {
  await tx
    .updateTable('recipient')
    .set(({ eb, ref, val }) => ({
      settled_at: now,
      ...(resendId !== undefined && { resend_id: resendId }),
      // As it is by now: another process may have given its call up since this one read it.
      state: eb
        .case()
        .when('state', '=', 'unknown')
        .then(val<RecipientState>('sent'))
        .else(ref('state'))
        .end(),
    }))
    .where('message_id', '=', messageId)
    .where('position', '=', position)
    .execute();
}

/** Resend has a mail of a call in doubt after all. */
export async function foundAtResend(
  tx: MailTx,
  { messageId, position }: RecipientId,
  { resendId, sentAt }: { resendId: string; sentAt: number | null },
): Promise<void> {
  await tx
    .updateTable('recipient')
    .set({ state: 'sent', resend_id: resendId, sent_at: sentAt })
    .where('message_id', '=', messageId)
    .where('position', '=', position)
    .where('state', '=', 'unknown')
    .execute();
}
