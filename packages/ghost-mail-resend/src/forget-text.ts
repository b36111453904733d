import type { Template } from './message.ts';
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
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('chunk')
            .select('chunk.id')
            .where('chunk.message_id', '=', messageId)
            .where('chunk.state', 'in', ['queued', 'dead']),
        ),
      ),
    )
    .execute();
}
