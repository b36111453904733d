import { recordEvents, refusedRecipient } from './events.ts';
import { forgetSignIn } from './forget-text.ts';
import { forgetBody } from './frozen-body.ts';
import type { ChunkTable, MailTx, RecipientState } from './schema.ts';

/**
 * Cancels a chunk unless a call for it has begun, and tells Ghost of each recipient. Returns how many there
 * were.
 */
export async function cancelChunk(tx: MailTx, chunkId: string, now: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('chunk')
    .set({ state: 'canceled' })
    .where('id', '=', chunkId)
    .where('state', '=', 'queued')
    .where('idempotency_key', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return 0;
  const reason = 'The newsletter was canceled before this mail was sent.';
  return await endWaiting(tx, { chunkId, state: 'canceled', reason, now });
}

/** How recipients end that no mail was sent to. */
export interface Ending {
  chunkId: string;
  state: 'canceled' | 'failed';
  /** What Ghost is told. */
  reason: string;
  now: number;
}

/** Ends the recipients of a chunk that still wait, and tells Ghost. Returns how many there were. */
export async function endWaiting(
  tx: MailTx,
  { chunkId, state, reason, now }: Ending,
): Promise<number> {
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
