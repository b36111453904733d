import { messagesOf } from '../../store/newsletter-messages.ts';
import { parseRecipientTag, recipientTag } from '../../store/recipient-tag.ts';
import type { MailStore, RecipientState } from '../../store/schema.ts';
import { wordFor } from './heard.ts';
import { LOOKED_AT, type Page, type PageRequest } from './page.ts';

/** One recipient of a newsletter, and what became of its mail. */
export interface ListedRecipient {
  /** Names the mail. */
  id: string;
  address: string;
  emailId: string;
  state: RecipientState;
  /** Resend's id of the mail. */
  resendId: string | null;
  /** Mailgun's words, oldest first. */
  events: string[];
  /** Of its failure: the bounce, not the suppression that Ghost is told of with it. */
  code: number | null;
  reason: string | null;
}

/** Which recipients: of a newsletter, in a state, with an event of a type. */
export interface RecipientFilter {
  emailId: string;
  state?: RecipientState | undefined;
  event?: string | undefined;
}

/** A newsletter's recipients in the order in which Ghost handed them over. */
export async function listRecipients(
  store: MailStore,
  { emailId, state, event, after, limit }: RecipientFilter & PageRequest,
): Promise<Page<ListedRecipient>> {
  const start = after === undefined ? undefined : parseRecipientTag(after);
  const items: ListedRecipient[] = [];
  let left = state === undefined && event === undefined ? limit : LOOKED_AT;
  for await (const ids of messagesOf(store, emailId, start?.messageId)) {
    for (const messageId of ids) {
      const behind = messageId === start?.messageId ? start.position : -1;
      for (const recipient of await readRecipients(store, { emailId, messageId, behind, left })) {
        const { id, events } = recipient;
        const isInState = state === undefined || recipient.state === state;
        if (isInState && (event === undefined || events.includes(event))) items.push(recipient);
        left -= 1;
        if (items.length === limit || left === 0) return { items, next: id };
      }
    }
  }
  return { items, next: null };
}

interface Slice {
  emailId: string;
  messageId: string;
  behind: number;
  left: number;
}

async function readRecipients(
  { db }: MailStore,
  { emailId, messageId, behind, left }: Slice,
): Promise<ListedRecipient[]> {
  const rows = await db
    .selectFrom('recipient')
    .select(['position', 'address', 'state', 'resend_id'])
    .where('message_id', '=', messageId)
    .where('position', '>', behind)
    .orderBy('position')
    .limit(left)
    .execute();
  const told = await db
    .selectFrom('event')
    .select(['position', 'type', 'kind', 'code', 'reason'])
    .where('message_id', '=', messageId)
    .where('position', '>', behind)
    .where('position', '<=', rows.at(-1)?.position ?? behind)
    .orderBy('seq')
    .execute();
  const byPosition = Map.groupBy(told, ({ position }) => position);
  return rows.map(({ position, address, state, resend_id }) => {
    const events = byPosition.get(position) ?? [];
    const failure =
      events.find(({ kind }) => kind === 'failed') ??
      events.findLast(({ type }) => type === 'failed');
    return {
      id: recipientTag({ messageId, position }),
      address,
      emailId,
      state,
      resendId: resend_id,
      events: events.map(wordFor),
      code: failure?.code ?? null,
      reason: failure?.reason ?? null,
    };
  });
}
