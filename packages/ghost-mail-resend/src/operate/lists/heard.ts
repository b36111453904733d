import { OPENED_BY_BOT } from '../../report/pixel.ts';
import { type RecipientKey, recipientTag } from '../../store/recipient-tag.ts';
import type { EventTable, MailStore } from '../../store/schema.ts';

/** Each takes a look into the index for every position of every message. */
const MAILS_A_LOOK = 50;

/** What was heard of each of these mails, by its tag: Mailgun's words, oldest first. */
export async function readHeard(
  { db }: MailStore,
  mails: readonly RecipientKey[],
): Promise<Map<string, string[]>> {
  const heard = new Map<string, string[]>();
  for (let at = 0; at < mails.length; at += MAILS_A_LOOK) {
    const some = mails.slice(at, at + MAILS_A_LOOK);
    const rows = await db
      .selectFrom('event')
      .select(['seq', 'message_id', 'position', 'type', 'kind'])
      .where('message_id', 'in', [...new Set(some.map(({ messageId }) => messageId))])
      .where('position', 'in', [...new Set(some.map(({ position }) => position))])
      .execute();
    for (const row of rows.toSorted((one, other) => Number(one.seq) - Number(other.seq))) {
      const tag = recipientTag({ messageId: row.message_id, position: row.position });
      heard.set(tag, [...(heard.get(tag) ?? []), wordFor(row)]);
    }
  }
  return heard;
}

/** Mailgun's word for an event, unless a program opened the mail, which that has no word for. */
export function wordFor({ type, kind }: Pick<EventTable, 'type' | 'kind'>): string {
  return kind === OPENED_BY_BOT ? kind : type;
}
