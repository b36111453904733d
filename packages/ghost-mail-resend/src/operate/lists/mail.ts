import { MailBridgeError } from '../../errors.ts';
import { parseRecipientTag } from '../../store/recipient-tag.ts';
import type { EventTable } from '../../store/schema.ts';
import { type OpenedMailStore, queueOf } from '../../store/store.ts';

/**
 * One mail from Ghost's hand to what was heard of it: when it was taken, the tries of its call to Resend, what Ghost
 * was told. Neither its text nor its subject, since those of a sign-in mail have a link or a code in them.
 *
 * @throws MailBridgeError `NOT_FOUND`
 */
export async function describeMail({ store, queues }: OpenedMailStore, id: string) {
  const { messageId, position } = parseRecipientTag(id) ?? { messageId: '', position: 0 };
  const mail = await store.db
    .selectFrom('recipient')
    .innerJoin('message', 'message.id', 'recipient.message_id')
    .leftJoin('chunk', 'chunk.id', 'recipient.chunk_id')
    .select(['message.site', 'message.domain', 'message.lane', 'message.email_id'])
    .select(['message.accepted_at', 'message.deliver_at'])
    .select(['recipient.address', 'recipient.state', 'recipient.chunk_id', 'recipient.resend_id'])
    .select(['recipient.sent_at', 'chunk.keyed_at', 'chunk.state as chunk_state'])
    .where('recipient.message_id', '=', messageId)
    .where('recipient.position', '=', position)
    .executeTakeFirst();
  if (mail === undefined) throw new MailBridgeError('NOT_FOUND', `The bridge holds no mail ${id}.`);
  const attempts = await queueOf(queues, mail.lane).attempts(mail.chunk_id);
  const events = await store.db
    .selectFrom('event')
    .selectAll()
    .where('message_id', '=', messageId)
    .where('position', '=', position)
    .orderBy('seq')
    .execute();
  return {
    id,
    site: mail.site,
    domain: mail.domain,
    lane: mail.lane,
    emailId: mail.email_id,
    address: mail.address,
    state: mail.state,
    acceptedAt: iso(mail.accepted_at),
    deliverAt: isoOrNull(mail.deliver_at),
    chunk:
      mail.chunk_state === null
        ? null
        : { id: mail.chunk_id, state: mail.chunk_state, calledAt: isoOrNull(mail.keyed_at) },
    attempts: attempts.map(({ startedAt, endedAt, outcome, reason }) => ({
      startedAt: startedAt.toISOString(),
      endedAt: endedAt.toISOString(),
      outcome,
      reason,
    })),
    sentAt: isoOrNull(mail.sent_at),
    resendId: mail.resend_id,
    events: events.map(toEvent),
  };
}

function toEvent(event: Omit<EventTable, 'seq'>) {
  const { type, kind, severity, code, reason, bot } = event;
  const at = iso(event.occurred_at);
  return { type, kind, at, toldAt: iso(event.stamp * 1_000), severity, code, reason, bot };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
