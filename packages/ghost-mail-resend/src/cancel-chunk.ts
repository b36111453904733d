import { recordEvents, refusedRecipient } from './events.ts';
import type { MailTx } from './schema.ts';

/** Cancels a chunk of which no mail has left, and tells Ghost of each recipient. Returns how many there were. */
export async function cancelChunk(tx: MailTx, chunkId: string, now: number): Promise<number> {
  const recipients = await tx
    .selectFrom('recipient')
    .innerJoin('message', 'message.id', 'recipient.message_id')
    .select(['message_id', 'position', 'message.site', 'domain'])
    .where('chunk_id', '=', chunkId)
    .where('state', '=', 'queued')
    .execute();
  const state = 'canceled';
  await tx.updateTable('chunk').set({ state }).where('id', '=', chunkId).execute();
  await tx.updateTable('recipient').set({ state }).where('chunk_id', '=', chunkId).execute();
  const event = refusedRecipient('The newsletter was canceled before this mail was sent.');
  for (const { message_id: messageId, ...subject } of recipients) {
    await recordEvents(tx, { ...subject, messageId }, [event], { occurredAt: now, now });
  }
  return recipients.length;
}
