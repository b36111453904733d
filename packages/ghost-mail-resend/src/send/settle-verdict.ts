import type { Job, Result } from '@prosora/durable';
import { recordEvents, refusedRecipient } from '../store/events.ts';
import { forgetText } from '../store/forget-text.ts';
import { forgetBody } from '../store/frozen-body.ts';
import type { MailTables, MailTx } from '../store/schema.ts';
import { addChunk, failOne, leaveInDoubt, sent, split } from '../store/states.ts';
import { queueOf } from '../store/store.ts';
import type { LoadedChunk } from './load-chunk.ts';
import type { SendContext } from './send-context.ts';
import type { Verdict } from './verdict.ts';

/** What else the answer said. */
export interface AnswerDetails {
  /** The wait that Resend asked for. */
  retryAfterMs?: number | null;
  /** The call was the key's first and was refused whole: nothing is in doubt any more. */
  forgetKey?: boolean;
}

type Accepted = Extract<Verdict, { kind: 'accepted' }>;

/** When Resend does not say: the limit is by the second, quotas by the day or month. */
const PACED_MS = 1_000;
const QUOTA_MS = 60 * 60 * 1000;
const BUSY_MS = 2_000;
const LOCKED_MS = 30_000;
/** All mail waits, sign-in mails too, so an answer may not hold it for longer: a refused call costs nothing. */
const LONGEST_MS = { paced: 60_000, quota: QUOTA_MS, unsure: QUOTA_MS };

/** Turns a verdict into the job's result and the rows that are written in the same transaction. */
export function settleVerdict(
  context: SendContext,
  loaded: LoadedChunk,
  job: Job,
  verdict: Verdict,
  { retryAfterMs = null, forgetKey = false }: AnswerDetails = {},
): Result<MailTables> {
  const now = context.clock.now();
  const parkFor = (ms: number, reason: string) => {
    return { kind: 'park', reason, until: new Date(now + ms) } as const;
  };
  const also = forgetKey ? (tx: MailTx) => clearKey(tx, loaded.chunk.id) : async () => undefined;
  switch (verdict.kind) {
    case 'accepted':
      return { kind: 'done', also: (tx) => writeAccepted(tx, context, loaded, verdict) };
    case 'refused':
      return { kind: 'done', also: (tx) => writeRefused(tx, context, loaded, job, verdict.reason) };
    case 'mismatch': {
      const { reason } = verdict;
      return {
        kind: 'ambiguous',
        reason,
        answered: true,
        also: (tx) => leaveInDoubt(tx, loaded.chunk),
      };
    }
    case 'paced':
    case 'quota': {
      const askedMs = retryAfterMs ?? (verdict.kind === 'paced' ? PACED_MS : QUOTA_MS);
      const waitMs = Math.min(askedMs, LONGEST_MS[verdict.kind]);
      return {
        ...parkFor(waitMs, verdict.reason),
        also: async (tx) => {
          await context.pace.holdUntil(tx, now + waitMs);
          await also(tx);
        },
      };
    }
    case 'busy':
      return parkFor(BUSY_MS, verdict.reason);
    case 'locked':
      return { kind: 'down', reason: verdict.reason, afterMs: LOCKED_MS, also };
    case 'unreachable':
      return { kind: 'down', reason: verdict.reason, also };
    case 'blocked':
      // Who waits for a sign-in mail is told at once; a newsletter waits for its domain to be verified.
      if (forgetKey && loaded.lane === 'transactional') {
        return {
          kind: 'done',
          also: (tx) => writeRefused(tx, context, loaded, job, verdict.reason),
        };
      }
      return { kind: 'retry', reason: verdict.reason, answered: true, also };
    case 'unsure':
      return {
        kind: 'retry',
        reason: verdict.reason,
        ...(retryAfterMs !== null && { afterMs: Math.min(retryAfterMs, LONGEST_MS.unsure) }),
      };
  }
}

async function clearKey(tx: MailTx, chunkId: string): Promise<void> {
  await tx
    .updateTable('chunk')
    .set({ idempotency_key: null, sha256: null, renderer: null, keyed_at: null })
    .where('id', '=', chunkId)
    .execute();
  await forgetBody(tx, chunkId);
}

async function writeAccepted(
  tx: MailTx,
  context: SendContext,
  loaded: LoadedChunk,
  { ids, refused }: Accepted,
): Promise<void> {
  const { clock } = context;
  await settleSent(tx, loaded);
  for (const [index, { position }] of loaded.recipients.entries()) {
    const resendId = ids[index] ?? null;
    await tx
      .updateTable('recipient')
      // A webhook may have told the id ahead of an answer that does not.
      .set({ sent_at: clock.now(), ...(resendId !== null && { resend_id: resendId }) })
      .where('message_id', '=', loaded.chunk.message_id)
      .where('position', '=', position)
      .execute();
  }
  for (const { index, message } of refused) {
    await failRecipient(tx, context, loaded, index, message);
  }
}

/** One mail that is wrong must not hold back the others: a chunk is halved until it stands alone. */
async function writeRefused(
  tx: MailTx,
  context: SendContext,
  loaded: LoadedChunk,
  job: Job,
  reason: string,
): Promise<void> {
  const { chunk, recipients } = loaded;
  if (recipients.length === 1) {
    await settleSent(tx, loaded);
    return failRecipient(tx, context, loaded, 0, reason);
  }
  await split(tx, chunk.id);
  const middle = Math.ceil(recipients.length / 2);
  const halves = { a: recipients.slice(0, middle), b: recipients.slice(middle) };
  for (const [name, half] of Object.entries(halves)) {
    const id = `${chunk.id}${name}`;
    const positions = half.map(({ position }) => position);
    await tx
      .updateTable('recipient')
      .set({ chunk_id: id })
      .where('message_id', '=', chunk.message_id)
      .where('position', 'in', positions)
      .execute();
    await addChunk(
      { tx, queue: queueOf(context.queues, loaded.lane) },
      { id, messageId: chunk.message_id, rank: job.rank, availableAt: null },
    );
  }
}

async function settleSent(tx: MailTx, { chunk, lane }: LoadedChunk): Promise<void> {
  await sent(tx, chunk.id);
  if (lane === 'transactional') await forgetText(tx, chunk.message_id);
}

async function failRecipient(
  tx: MailTx,
  { clock }: SendContext,
  { chunk, site, domain, recipients }: LoadedChunk,
  index: number,
  reason: string,
): Promise<void> {
  const position = recipients[index]?.position;
  if (position === undefined) return;
  const now = clock.now();
  const subject = { messageId: chunk.message_id, position, site, domain };
  await failOne(tx, subject, now);
  await recordEvents(tx, subject, [refusedRecipient(reason)], { occurredAt: now, now });
}
