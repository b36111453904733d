import { createHash } from 'node:crypto';
import { recordEvents, refusedRecipient } from '../store/events.ts';
import { LANES, type Message, type Recipient } from '../store/message.ts';
import { newMessageId } from '../store/message-id.ts';
import { publicId } from '../store/public-id.ts';
import type { MailQueue, MailStore, MailTx } from '../store/schema.ts';
import { addChunk, addRecipients, addRefused } from '../store/states.ts';
import { type MailQueues, queueOf } from '../store/store.ts';
import { formChunks } from './form-chunks.ts';

/** Where a message came in. */
export interface Origin {
  site: string;
  domain: string;
}

/** What accepting came to. */
export interface Acceptance {
  messageId: string;
  /** `<id>@<domain>`: Ghost keeps it and matches events of automations and gifts by it. */
  publicId: string;
  /** Recipients that are new. */
  accepted: number;
  /** Recipients that were accepted before. */
  duplicates: number;
}

/** What accepting needs. */
export interface AcceptContext {
  store: MailStore;
  queues: MailQueues;
  /** Ms since 1970. */
  now: () => number;
  /** A moment by Ghost's clock, on the time of the store. (Default: they are one) */
  fromWall?: (moment: Date) => Date;
}

/** Ghost tries an automation again after ten minutes, ten times (services/automations/constants.js). */
const SAME_CONTENT_MS = 24 * 60 * 60 * 1000;
/** Kinds of mail that Ghost may repeat and that carry no id of their own. */
const REPEATED_WITHOUT_ID = ['automation-email', 'gift-delivery'];

const ADDRESSES_A_QUERY = 500;

/**
 * Takes a message over: when this resolves, its text, its recipients, their chunks and the jobs that
 * send them are on disk, in one transaction.
 *
 * A recipient of the same newsletter is taken once. Ghost renders anew when it repeats a batch, so
 * what was accepted first is what is sent.
 *
 * @throws StoreUnavailableError when nothing could be written
 */
export async function acceptMessage(
  { store, queues, now, fromWall = (moment) => moment }: AcceptContext,
  origin: Origin,
  given: Message,
): Promise<Acceptance> {
  const deliverAt = given.deliverAt && fromWall(given.deliverAt);
  const message = { ...given, deliverAt };
  return await store.transaction(async (tx) => {
    const key = contentKey(origin, message);
    const known = await findKnown(tx, origin, message, key, now());
    const recipients = message.recipients.filter(({ address }) => !known.addresses.has(address));
    const duplicates = message.recipients.length - recipients.length;
    if (recipients.length === 0 && known.messageId !== undefined) {
      const { messageId } = known;
      return { messageId, publicId: publicId(messageId, origin), accepted: 0, duplicates };
    }
    const id = newMessageId(now());
    await insertMessage(tx, { id, origin, message, key, now: now() });
    const queue = queueOf(queues, message.lane);
    await insertRecipients(tx, queue, {
      id,
      origin,
      message: { ...message, recipients },
      now: now(),
    });
    const accepted = recipients.length;
    return { messageId: id, publicId: publicId(id, origin), accepted, duplicates };
  });
}

interface Known {
  addresses: ReadonlySet<string>;
  messageId: string | undefined;
}

async function findKnown(
  tx: MailTx,
  origin: Origin,
  message: Message,
  key: string | null,
  now: number,
): Promise<Known> {
  if (message.emailId === null) return findSameContent(tx, message, key, now);
  const rows = [];
  for (const part of slices(message.recipients)) {
    const addresses = part.map(({ address }) => address);
    rows.push(
      ...(await tx
        .selectFrom('recipient')
        .select(['address', 'message_id'])
        .where('site', '=', origin.site)
        .where('email_id', '=', message.emailId)
        .where('address', 'in', addresses)
        .execute()),
    );
  }
  return {
    addresses: new Set(rows.map(({ address }) => address)),
    messageId: rows[0]?.message_id,
  };
}

async function findSameContent(
  tx: MailTx,
  message: Message,
  key: string | null,
  now: number,
): Promise<Known> {
  const same = await tx
    .selectFrom('message')
    .select('id')
    .where('content_key', '=', key)
    .where('accepted_at', '>', now - SAME_CONTENT_MS)
    .executeTakeFirst();
  if (key === null || same === undefined) return { addresses: new Set(), messageId: undefined };
  return {
    addresses: new Set(message.recipients.map(({ address }) => address)),
    messageId: same.id,
  };
}

function contentKey(origin: Origin, message: Message): string | null {
  if (message.emailId !== null) return null;
  if (!REPEATED_WITHOUT_ID.some((tag) => message.tags.includes(tag))) return null;
  const { template, recipients, tags } = message;
  const content = JSON.stringify([origin, template.subject, template.html, recipients, tags]);
  return createHash('sha256').update(content).digest('hex');
}

interface NewMessage {
  id: string;
  origin: Origin;
  message: Message;
  key: string | null;
  now: number;
}

async function insertMessage(
  tx: MailTx,
  { id, origin, message, key, now }: NewMessage,
): Promise<void> {
  await tx
    .insertInto('message')
    .values({
      id,
      ...origin,
      email_id: message.emailId,
      lane: message.lane,
      tags: JSON.stringify(message.tags),
      template: JSON.stringify(message.template),
      track_opens: message.trackOpens ? 1 : 0,
      deliver_at: message.deliverAt?.getTime() ?? null,
      accepted_at: now,
      content_key: key,
    })
    .execute();
}

async function insertRecipients(
  tx: MailTx,
  queue: MailQueue,
  { id: messageId, origin, message, now }: Omit<NewMessage, 'key'>,
): Promise<void> {
  const { template, recipients, emailId, lane, deliverAt } = message;
  const rowOf = ({ address, variables, position }: Recipient & { position: number }) => ({
    message_id: messageId,
    position,
    site: origin.site,
    email_id: emailId,
    address,
    variables: JSON.stringify(variables),
  });
  const placed = recipients.map((recipient, position) => ({ ...recipient, position }));
  for (const recipient of placed) {
    if (recipient.problem === undefined) continue;
    await addRefused(tx, rowOf(recipient), now);
    const subject = { ...origin, messageId, position: recipient.position };
    const times = { occurredAt: now, now };
    await recordEvents(tx, subject, [refusedRecipient(recipient.problem)], times);
  }
  const good = placed.filter(({ problem }) => problem === undefined);
  for (const [index, members] of formChunks(template, good).entries()) {
    const chunkId = `${messageId}-${index}`;
    const rows = members.map((recipient) => ({ ...rowOf(recipient), chunk_id: chunkId }));
    await addRecipients(tx, rows);
    await addChunk(
      { tx, queue },
      { id: chunkId, messageId, rank: LANES[lane], availableAt: deliverAt },
    );
  }
}

function* slices(recipients: readonly Recipient[]): Generator<readonly Recipient[]> {
  for (let at = 0; at < recipients.length; at += ADDRESSES_A_QUERY) {
    yield recipients.slice(at, at + ADDRESSES_A_QUERY);
  }
}
