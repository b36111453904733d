import { randomUUID } from 'node:crypto';
import type { Clock, Job, Result } from '@prosora/durable';
import type { Recipient, Template } from './message.ts';
import type { Pace } from './pace.ts';
import { recipientTag } from './recipient-tag.ts';
import { RENDERER, type RenderedBatch, renderBatch } from './render.ts';
import type { ResendClient } from './resend.ts';
import type { ChunkTable, MailQueue, MailStore, MailTables } from './schema.ts';
import { settleVerdict } from './settle-verdict.ts';
import { CLEAN_REFUSALS, judge, type Verdict } from './verdict.ts';

/** What sending needs. */
export interface SendContext {
  store: MailStore;
  queue: MailQueue;
  resend: ResendClient;
  pace: Pace;
  clock: Clock;
  /** Told of every answer, for a metric. */
  onVerdict?: (verdict: Verdict['kind'], mails: number) => void;
}

/** A chunk with all that its bytes are made of. */
export interface LoadedChunk {
  chunk: ChunkTable;
  /** Ghost's route, for events. */
  site: string;
  domain: string;
  emailId: string | null;
  template: Template;
  recipients: readonly (Recipient & { position: number })[];
}

/** Resend keeps a key for 24 hours; an hour less leaves room for clocks and the call itself. */
const KEY_LIFETIME_MS = 23 * 60 * 60 * 1000;

/**
 * Sends one chunk: the handler of the queue's worker.
 *
 * Whatever happens between the call and the commit of its result, the chunk is claimed again and the
 * very same bytes go out under the very same key, which Resend answers with the first answer.
 */
export async function sendChunk(
  context: SendContext,
  job: Job,
  signal: AbortSignal,
): Promise<Result<MailTables>> {
  const loaded = await loadChunk(context.store, job.id);
  if (loaded === undefined) return { kind: 'dead', reason: 'The rows of this chunk are gone.' };
  if (loaded.chunk.state !== 'queued') return { kind: 'done' };

  await context.pace.take(signal);
  const batch = render(loaded);
  const doubt = doubtOf(loaded.chunk, batch, context.clock.now());
  if (doubt !== undefined) return settleVerdict(context, loaded, job, doubt);

  const isFirst = loaded.chunk.idempotency_key === null;
  const key = loaded.chunk.idempotency_key ?? (await writeKey(context, loaded.chunk, batch));
  if (key === undefined) return { kind: 'retry', reason: 'Another worker has taken this chunk.' };
  const answer = await context.resend.sendBatch(batch.bytes, key, signal);
  context.pace.learn(answer);
  const verdict = inDoubt(judge(answer, loaded.recipients.length), isFirst);
  context.onVerdict?.(verdict.kind, loaded.recipients.length);
  const forgetKey = isFirst && CLEAN_REFUSALS.has(verdict.kind);
  return settleVerdict(context, loaded, job, verdict, {
    retryAfterMs: answer.retryAfterMs,
    forgetKey,
  });
}

/** A refusal of mails that an earlier call may have sent is no reason to send them under other keys. */
function inDoubt(verdict: Verdict, isFirst: boolean): Verdict {
  if (isFirst || verdict.kind !== 'refused') return verdict;
  return {
    kind: 'mismatch',
    reason: `A call in doubt was refused when repeated: ${verdict.reason}`,
  };
}

async function loadChunk(store: MailStore, id: string): Promise<LoadedChunk | undefined> {
  const chunk = await store.db
    .selectFrom('chunk')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (chunk === undefined) return undefined;
  const message = await store.db
    .selectFrom('message')
    .select(['site', 'domain', 'email_id', 'template'])
    .where('id', '=', chunk.message_id)
    .executeTakeFirstOrThrow();
  const rows = await store.db
    .selectFrom('recipient')
    .select(['position', 'address', 'variables'])
    .where('chunk_id', '=', id)
    .orderBy('position')
    .execute();
  return {
    chunk,
    site: message.site,
    domain: message.domain,
    emailId: message.email_id,
    template: JSON.parse(message.template),
    recipients: rows.map((row) => ({ ...row, variables: JSON.parse(row.variables) })),
  };
}

function render({ chunk, emailId, template, recipients }: LoadedChunk): RenderedBatch {
  const addressed = recipients.map((recipient) => ({
    ...recipient,
    emailId,
    recipientTag: recipientTag({ messageId: chunk.message_id, position: recipient.position }),
  }));
  return renderBatch(template, addressed);
}

/** A key that was used before may only go with the bytes it was used with, and only while it is kept. */
function doubtOf(chunk: ChunkTable, { sha256 }: RenderedBatch, now: number): Verdict | undefined {
  if (chunk.idempotency_key === null) return undefined;
  if (chunk.renderer !== RENDERER || chunk.sha256 !== sha256) {
    return { kind: 'mismatch', reason: 'An update changed the bytes of a call in doubt.' };
  }
  if (now - (chunk.keyed_at ?? 0) > KEY_LIFETIME_MS) {
    return { kind: 'mismatch', reason: 'Resend no longer keeps the key of a call in doubt.' };
  }
  return undefined;
}

/**
 * On disk before the call: after a crash nobody could know otherwise what was sent. Undefined when the
 * chunk has a key or an answer by now: a worker that slept past its lease must not begin a second call.
 */
async function writeKey(
  { store, clock }: SendContext,
  chunk: ChunkTable,
  { sha256 }: RenderedBatch,
): Promise<string | undefined> {
  const key = randomUUID();
  const { numUpdatedRows } = await store.transaction((tx) =>
    tx
      .updateTable('chunk')
      .set({ idempotency_key: key, sha256, renderer: RENDERER, keyed_at: clock.now() })
      .where('id', '=', chunk.id)
      .where('state', '=', 'queued')
      .where('idempotency_key', 'is', null)
      .executeTakeFirstOrThrow(),
  );
  return numUpdatedRows === 1n ? key : undefined;
}
