import type { Template } from './message.ts';
import { hasNoChunkIn } from './message-over.ts';
import type { MailTx } from './schema.ts';

const FORGOTTEN: Template = {
  from: '',
  replyTo: null,
  subject: '',
  html: null,
  text: null,
  headers: {},
};

/** What stands in the place of a text that was forgotten. */
export const FORGOTTEN_TEMPLATE = JSON.stringify(FORGOTTEN);

/**
 * Drops the text of a message that will not be sent again, while its recipients and events stay for Ghost. A
 * sign-in mail has a link in it with which anybody can sign in, so it is kept no longer than it is needed.
 */
export async function forgetText(tx: MailTx, messageId: string): Promise<void> {
  await tx
    .updateTable('message')
    .set({ template: FORGOTTEN_TEMPLATE })
    .where('id', '=', messageId)
    .where(hasNoChunkIn('queued', 'dead'))
    .execute();
}

/** Drops the text of the message that a chunk is of, if it is a sign-in mail: one in doubt is never sent again. */
export async function forgetSignIn(tx: MailTx, chunkId: string): Promise<void> {
  const message = await tx
    .selectFrom('chunk')
    .innerJoin('message', 'message.id', 'chunk.message_id')
    .select('message.id')
    .where('chunk.id', '=', chunkId)
    .where('message.lane', '=', 'transactional')
    .executeTakeFirst();
  if (message !== undefined) await forgetText(tx, message.id);
}
