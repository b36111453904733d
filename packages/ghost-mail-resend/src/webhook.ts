import { createHash } from 'node:crypto';
import type { Clock } from '@prosora/durable';
import { Resend } from 'resend';
import { addChunk } from './chunk.ts';
import { Refusal } from './errors.ts';
import { recordEvents } from './events.ts';
import { LANES } from './message.ts';
import { parseRecipientTag } from './recipient-tag.ts';
import { mapResendEvent, type ResendEvent, resendEventSchema } from './resend-events.ts';
import type { MailStore, MailTx, RecipientState } from './schema.ts';
import { type MailQueues, queueOf } from './store.ts';
import { noteHeard } from './webhook-silence.ts';

/** What receiving webhooks needs. */
export interface WebhookContext {
  store: MailStore;
  queues: MailQueues;
  clock: Clock;
}

/** The three headers of a webhook, by Svix's names. */
export interface WebhookHeaders {
  id: string;
  timestamp: string;
  signature: string;
}

/**
 * `recorded`: Ghost will be told. `known`: it has been, or the webhook came before. `unmapped`: a type
 * that means nothing to Ghost. `foreign`: a mail of another sender of the same team. `requeued`: the mail
 * was not sent and will be.
 */
export type WebhookOutcome = 'recorded' | 'known' | 'unmapped' | 'foreign' | 'requeued';

/** How long a mail waits that Resend took and then could not send for want of quota. */
const QUOTA_WAIT_MS = 60 * 60 * 1000;

/**
 * Checks a webhook's signature over its raw bytes and its age (5 minutes either way), and parses it.
 *
 * @throws Refusal 401 when no secret fits or it is too old, 400 when the body is not Resend's
 */
export function verifyWebhook(
  body: Buffer,
  headers: WebhookHeaders,
  secrets: readonly string[],
): ResendEvent {
  const parsed = resendEventSchema.safeParse(
    verifyWithAny(body.toString('utf8'), headers, secrets),
  );
  if (parsed.success) return parsed.data;
  throw new Refusal(400, 'The webhook is signed but its body is not understood.', parsed.error);
}

function verifyWithAny(
  payload: string,
  headers: WebhookHeaders,
  secrets: readonly string[],
): unknown {
  // The key is for calls; checking makes none.
  const { webhooks } = new Resend('re_unused');
  let cause: unknown;
  if (secrets.length === 0) {
    throw new Refusal(401, 'The bridge has no signing secret yet: run "prosora-mail setup".');
  }
  for (const webhookSecret of secrets) {
    try {
      return webhooks.verify({ payload, headers, webhookSecret });
    } catch (error) {
      cause = error;
    }
  }
  throw new Refusal(401, 'The signature of the webhook does not fit.', cause);
}

/** Notes that Resend was heard, and writes down what its webhook says. */
export async function receiveWebhook(
  context: WebhookContext,
  svixId: string,
  event: ResendEvent,
): Promise<WebhookOutcome> {
  await noteHeard(context.store, context.clock.now());
  return await recordWebhook(context, svixId, event);
}

/**
 * Writes down what an event of Resend says, in one transaction; the same event again changes nothing.
 *
 * @throws Refusal 503 when it can only be told of later
 */
export async function recordWebhook(
  { store, queues, clock }: WebhookContext,
  svixId: string,
  event: ResendEvent,
): Promise<WebhookOutcome> {
  const mapped = mapResendEvent(event);
  if (mapped === undefined) return 'unmapped';
  return await store.transaction(async (tx) => {
    const now = clock.now();
    const recipient = await findRecipient(tx, event);
    if (recipient === undefined) return 'foreign';
    if (await seenBefore(tx, svixId, now)) return 'known';
    if ('requeue' in mapped) return requeue(tx, queues, recipient, event.data.email_id, now);
    // Ghost did not ask for opens of this mail, whatever the domain at Resend is set to.
    if (event.type === 'email.opened' && recipient.track_opens === 0) return 'unmapped';
    const subject = { ...recipient, messageId: recipient.message_id };
    const occurredAt = Date.parse(event.created_at) || now;
    const recorded = await recordEvents(tx, subject, mapped.events, { occurredAt, now });
    await confirmSent(tx, recipient, event.data.email_id, now);
    return recorded > 0 ? 'recorded' : 'known';
  });
}

async function seenBefore(tx: MailTx, svixId: string, now: number): Promise<boolean> {
  const seen = await tx
    .selectFrom('webhook_seen')
    .select('svix_id')
    .where('svix_id', '=', svixId)
    .executeTakeFirst();
  if (seen !== undefined) return true;
  await tx.insertInto('webhook_seen').values({ svix_id: svixId, seen_at: now }).execute();
  return false;
}

/** By our tag, which is there before Resend has answered; by Resend's id where tags are missing. */
async function findRecipient(tx: MailTx, { data }: ResendEvent) {
  const key = parseRecipientTag(data.tags?.['gb_r'] ?? '');
  const select = tx
    .selectFrom('recipient')
    .innerJoin('message', 'message.id', 'recipient.message_id')
    .select([
      'recipient.message_id',
      'recipient.position',
      'recipient.state',
      'recipient.resend_id',
    ])
    .select(['message.site', 'message.domain', 'message.lane', 'message.track_opens']);
  if (key !== undefined) {
    return await select
      .where('recipient.message_id', '=', key.messageId)
      .where('recipient.position', '=', key.position)
      .executeTakeFirst();
  }
  if (data.email_id === undefined) return undefined;
  return await select.where('recipient.resend_id', '=', data.email_id).executeTakeFirst();
}

/** A webhook about a mail shows that it was sent, which a call that never got an answer could not. */
async function confirmSent(
  tx: MailTx,
  { message_id, position, resend_id }: FoundRecipient,
  emailId: string | undefined,
  now: number,
): Promise<void> {
  await tx
    .updateTable('recipient')
    .set(({ eb, ref, val }) => ({
      settled_at: now,
      ...(resend_id === null && emailId !== undefined && { resend_id: emailId }),
      // As it is by now: another process may have given its call up since this one read it.
      state: eb
        .case()
        .when('state', '=', 'unknown')
        .then(val<RecipientState>('sent'))
        .else(ref('state'))
        .end(),
    }))
    .where('message_id', '=', message_id)
    .where('position', '=', position)
    .execute();
}

type FoundRecipient = NonNullable<Awaited<ReturnType<typeof findRecipient>>>;

async function requeue(
  tx: MailTx,
  queues: MailQueues,
  { message_id, position, lane, state, resend_id }: FoundRecipient,
  failedId: string | undefined,
  now: number,
): Promise<WebhookOutcome> {
  // Another webhook about the same failure: the mail is already another one.
  if (resend_id !== null && resend_id !== failedId) return 'known';
  // Taking it out of a call in doubt would change the bytes of that call.
  if (state !== 'sent')
    throw new Refusal(503, 'The mail is still being sent: tell it again later.');
  // A hash, since the whole would be longer than the column.
  const after = createHash('sha256').update(`${failedId}`).digest('hex').slice(0, 12);
  const id = `${message_id}-${position}-${after}`;
  await tx
    .updateTable('recipient')
    .set({ chunk_id: id, state: 'queued', resend_id: null, sent_at: null, settled_at: null })
    .where('message_id', '=', message_id)
    .where('position', '=', position)
    .execute();
  const availableAt = new Date(now + QUOTA_WAIT_MS);
  await addChunk(
    { tx, queue: queueOf(queues, lane) },
    { id, messageId: message_id, rank: LANES[lane], availableAt },
  );
  return 'requeued';
}
