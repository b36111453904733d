import { createHash } from 'node:crypto';
import type { Clock } from '@prosora/durable';
import type { ClockGuard } from '@prosora/service';
import { Refusal } from '../errors.ts';
import { recordEvents, refusedRecipient } from '../store/events.ts';
import { FORGOTTEN_TEMPLATE } from '../store/forget-text.ts';
import { LANES } from '../store/message.ts';
import { parseRecipientTag } from '../store/recipient-tag.ts';
import type { MailStore, MailTx } from '../store/schema.ts';
import { addChunk, confirmSent, requeueOne } from '../store/states.ts';
import { type MailQueues, queueOf } from '../store/store.ts';
import { mapResendEvent, type ResendEvent, resendEventSchema } from './resend-events.ts';
import { verifySignature, type WebhookHeaders } from './webhook-signature.ts';
import { noteHeard } from './webhook-silence.ts';
import { isTimely, noteSkew, sentenceOfSkew } from './webhook-skew.ts';

/** What receiving webhooks needs. */
export interface WebhookContext {
  store: MailStore;
  queues: MailQueues;
  clock: Clock;
  guard: ClockGuard;
  /** The machine's clock, believed or not. (Default: `Date.now`) */
  wallClock?: (() => number) | undefined;
}

/**
 * `recorded`: Ghost will be told. `known`: it has been, or the webhook came before. `unmapped`: a type
 * that means nothing to Ghost. `foreign`: a mail of another sender of the same team. `requeued`: the mail
 * was not sent and will be. `probe`: whoever watches the bridge tries the way to it out.
 */
export type WebhookOutcome = 'recorded' | 'known' | 'unmapped' | 'foreign' | 'requeued' | 'probe';

/** The type of an event that is signed by us and not by Resend: nobody was heard by it, and no clock is right for it. */
const PROBE = 'prosora.probe';

/** How long a mail waits that Resend took and then could not send for want of quota. */
const QUOTA_WAIT_MS = 60 * 60 * 1000;
const OUT_OF_QUOTA = 'Resend took the mail and then had no quota left for it.';

/**
 * Checks a webhook's signature over its raw bytes and its age (5 minutes either way), and parses it. The time that
 * was signed is a witness: while the machine's clock is doubted and agrees with it, the clock is trusted again.
 *
 * @throws Refusal 401 when no secret fits, 400 when it was signed at another time or its body is not Resend's
 */
export async function verifyWebhook(
  { store, clock, guard, wallClock = Date.now }: WebhookContext,
  body: Buffer,
  headers: WebhookHeaders,
  secrets: readonly string[],
): Promise<ResendEvent> {
  const signedAt = verifySignature(body, headers, secrets);
  const wall = wallClock();
  if (!isTimely(signedAt, wall) && !isTimely(signedAt, clock.now())) {
    const skewMs = signedAt - wall;
    await noteSkew(store, { at: clock.now(), skewMs });
    const rest = 'Its signature fits, so the secret is right.';
    throw new Refusal(400, `${sentenceOfSkew(skewMs)} ${rest}`);
  }
  const parsed = resendEventSchema.safeParse(parseJson(body));
  const isWitness = parsed.data?.type !== PROBE;
  if (isWitness && guard.doubt() && isTimely(signedAt, wall)) guard.trust();
  if (parsed.success) return parsed.data;
  throw new Refusal(400, 'The webhook is signed but its body is not understood.', parsed.error);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new Refusal(400, 'The webhook is signed but its body is not JSON.', cause);
  }
}

/** Notes that Resend was heard, and writes down what its webhook says. */
export async function receiveWebhook(
  context: WebhookContext,
  svixId: string,
  event: ResendEvent,
): Promise<WebhookOutcome> {
  if (event.type === PROBE) return 'probe';
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
    const isGone = recipient.template === FORGOTTEN_TEMPLATE;
    if ('requeue' in mapped && !isGone) {
      return requeue(tx, queues, recipient, event.data.email_id, now);
    }
    // Ghost did not ask for opens of this mail, whatever the domain at Resend is set to.
    if (event.type === 'email.opened' && recipient.track_opens === 0) return 'unmapped';
    const subject = { ...recipient, messageId: recipient.message_id };
    const occurredAt = Date.parse(event.created_at) || now;
    // A sign-in mail is not worth an hour's wait, and its text is not kept for it.
    const events = 'requeue' in mapped ? [refusedRecipient(OUT_OF_QUOTA)] : mapped.events;
    const recorded = await recordEvents(tx, subject, events, { occurredAt, now });
    // An id that is known is kept.
    const resendId = recipient.resend_id === null ? event.data.email_id : undefined;
    await confirmSent(tx, subject, { resendId, now });
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
    .select([
      'message.site',
      'message.domain',
      'message.lane',
      'message.track_opens',
      'message.template',
    ]);
  if (key !== undefined) {
    return await select
      .where('recipient.message_id', '=', key.messageId)
      .where('recipient.position', '=', key.position)
      .executeTakeFirst();
  }
  if (data.email_id === undefined) return undefined;
  return await select.where('recipient.resend_id', '=', data.email_id).executeTakeFirst();
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
  await requeueOne(tx, { messageId: message_id, position }, id);
  const availableAt = new Date(now + QUOTA_WAIT_MS);
  await addChunk(
    { tx, queue: queueOf(queues, lane) },
    { id, messageId: message_id, rank: LANES[lane], availableAt },
  );
  return 'requeued';
}
