import { randomUUID } from 'node:crypto';
import type { Job, Result } from '@prosora/durable';
import { type FrozenBody, freezeBody, keepBody, readBody, sha256Of } from '../store/frozen-body.ts';
import type { ChunkTable, MailTables, MailTx } from '../store/schema.ts';
import { cancelChunk } from '../store/states.ts';
import { createBodyBuffer } from './body-buffer.ts';
import {
  isSingle,
  type LoadedChunk,
  loadChunk,
  renderChunk,
  renderChunkPieces,
} from './load-chunk.ts';
import { RENDERER } from './render.ts';
import { type CallBody, wholeBody } from './resend.ts';
import type { SendContext } from './send-context.ts';
import { settleVerdict } from './settle-verdict.ts';
import { CLEAN_REFUSALS, judge, type Verdict } from './verdict.ts';

/** Resend keeps a key for 24 hours; an hour less leaves room for clocks and the call itself. */
const CLOCK_ROOM_MS = 60 * 60 * 1000;
const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000 - CLOCK_ROOM_MS;

/** `resume` ends it. */
const PAUSED_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * Sends one chunk: the handler of the queues' workers.
 *
 * The bytes, their hash and their key are on disk before the call. Whatever happens between the call and
 * the commit of its result, the chunk is claimed again and the very same bytes go out under the very same
 * key, which Resend answers with the first answer.
 */
export async function sendChunk(
  context: SendContext,
  job: Job,
  signal: AbortSignal,
): Promise<Result<MailTables>> {
  const loaded = await loadChunk(context.store, job.id);
  if (loaded === undefined) return { kind: 'dead', reason: 'The rows of this chunk are gone.' };
  const { chunk } = loaded;
  if (chunk.state !== 'queued') return { kind: 'done' };
  const isFirst = chunk.idempotency_key === null;
  if (isFirst && loaded.decision !== null) return obey(context, loaded);

  if (!isFirst) {
    const bytes = await bytesInDoubt(context, loaded);
    if (!Buffer.isBuffer(bytes)) return settleVerdict(context, loaded, job, bytes);
    return await call(context, loaded, job, { body: wholeBody(bytes) }, signal);
  }
  const frozen = freeze(loaded, context.pixelUrl);
  const body: CallBody = {
    length: frozen.length,
    isList: !isSingle(loaded),
    // Made once more while it is written: calls in flight hold no bodies, however many they are.
    pieces: () => renderChunkPieces(loaded, context.pixelUrl),
  };
  return await call(context, loaded, job, { body, frozen }, signal);
}

/** The one body that is in memory as a whole: nothing else runs until it is frozen. */
const whole = createBodyBuffer();

function freeze(loaded: LoadedChunk, pixelUrl: SendContext['pixelUrl']): FrozenBody {
  const frozen = freezeBody(renderChunk(loaded, pixelUrl, whole));
  whole.clear();
  return frozen;
}

/** Makes the call in its turn; `frozen` is what is kept of a first one. */
async function call(
  context: SendContext,
  loaded: LoadedChunk,
  job: Job,
  { body, frozen }: { body: CallBody; frozen?: FrozenBody },
  signal: AbortSignal,
): Promise<Result<MailTables>> {
  const { pace, clock, resend } = context;
  const { chunk, recipients } = loaded;
  const isFirst = frozen !== undefined;
  const key = chunk.idempotency_key ?? randomUUID();
  const holder = randomUUID();
  const mayBegin = await pace.take(
    {
      holder,
      isUrgent: loaded.lane === 'transactional',
      also: async (tx) =>
        isFirst
          ? await writeKey(tx, loaded, key, frozen, clock.now())
          : isKeyKept(chunk, latestOf(context)),
    },
    signal,
  );
  if (!mayBegin) {
    const reason = 'Its state changed while it waited for its turn.';
    return { kind: 'park', reason, until: new Date(clock.now()) };
  }
  const sentAt = clock.now();
  const answer = await resend.send(body, key, signal);
  const called = { holder, sentAt, answeredAt: clock.now(), answer };
  const verdict = inDoubt(judge(answer, recipients.length), isFirst);
  context.onVerdict?.(verdict.kind, recipients.length);
  const result = settleVerdict(context, loaded, job, verdict, {
    retryAfterMs: answer.retryAfterMs,
    forgetKey: isFirst && CLEAN_REFUSALS.has(verdict.kind),
  });
  const also = async (tx: MailTx) => {
    await pace.learn(tx, called);
    await result.also?.(tx);
  };
  return { ...result, also };
}

/** Does with a chunk of which no mail has left what a person decided about its newsletter. */
function obey({ clock }: SendContext, { chunk, decision }: LoadedChunk): Result<MailTables> {
  if (decision === 'paused') {
    const until = new Date(clock.now() + PAUSED_MS);
    const also = async (tx: MailTx) => {
      // `resume` passes over a chunk that a worker holds: this one must not wait for it any more.
      if (await isDecided(tx, chunk)) return;
      throw new Error('The newsletter goes on.');
    };
    return { kind: 'park', reason: 'The newsletter is paused.', until, also };
  }
  return { kind: 'done', also: (tx) => cancelChunk(tx, chunk.id, clock.now()) };
}

/** A refusal of mails that an earlier call may have sent is no reason to send them under other keys. */
function inDoubt(verdict: Verdict, isFirst: boolean): Verdict {
  if (isFirst || verdict.kind !== 'refused') return verdict;
  return {
    kind: 'mismatch',
    reason: `A call in doubt was refused when repeated: ${verdict.reason}`,
  };
}

/** A key that was used before may only go with the bytes it was used with, and only while it is kept. */
async function bytesInDoubt(context: SendContext, loaded: LoadedChunk): Promise<Buffer | Verdict> {
  const { store, pixelUrl } = context;
  const { chunk } = loaded;
  if (!isKeyKept(chunk, latestOf(context))) {
    return { kind: 'mismatch', reason: 'Resend may no longer keep the key of a call in doubt.' };
  }
  const kept = await readBody(store, chunk);
  if (kept !== undefined) return kept;
  // As a version did that kept no bytes.
  const bytes = renderChunk(loaded, pixelUrl);
  if (chunk.renderer === RENDERER && chunk.sha256 === sha256Of(bytes)) return bytes;
  return { kind: 'mismatch', reason: 'An update changed the bytes of a call in doubt.' };
}

const latestOf = ({ latest, clock }: SendContext): number => (latest ?? clock.now)();

/** A clock that jumped must not make an old key young: mails would go out twice. One of the future has no known age. */
function isKeyKept({ keyed_at }: ChunkTable, now: number): boolean {
  const ageMs = now - (keyed_at ?? 0);
  return ageMs >= -CLOCK_ROOM_MS && ageMs <= KEY_LIFETIME_MS;
}

/**
 * On disk before the call: after a crash nobody could know otherwise what was sent. False when the chunk
 * has a key or an answer by now, since a worker that slept past its lease must not begin a second call, and
 * when a person decided about the newsletter or erased one of its readers: a turn may be hours away.
 */
async function writeKey(
  tx: MailTx,
  { chunk, recipients }: LoadedChunk,
  key: string,
  frozen: FrozenBody,
  now: number,
): Promise<boolean> {
  if (await isDecided(tx, chunk)) return false;
  const { id } = chunk;
  if ((await countRecipients(tx, id)) !== recipients.length) return false;
  const { numUpdatedRows } = await tx
    .updateTable('chunk')
    .set({ idempotency_key: key, sha256: frozen.sha256, renderer: RENDERER, keyed_at: now })
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .where('idempotency_key', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return false;
  await keepBody(tx, id, frozen);
  return true;
}

/** Holds the chunk, so that nobody is erased from it before its key is written. */
async function countRecipients(tx: MailTx, id: string): Promise<number> {
  await tx.selectFrom('chunk').select('id').where('id', '=', id).forUpdate().execute();
  const { recipients } = await tx
    .selectFrom('recipient')
    .select(({ fn }) => fn.countAll<number>().as('recipients'))
    .where('chunk_id', '=', id)
    .executeTakeFirstOrThrow();
  return Number(recipients);
}

/** Whether a person has paused or canceled the newsletter of a chunk. */
async function isDecided(tx: MailTx, { message_id }: ChunkTable): Promise<boolean> {
  const decision = await tx
    .selectFrom('newsletter')
    .innerJoin('message', (join) =>
      join
        .onRef('message.site', '=', 'newsletter.site')
        .onRef('message.email_id', '=', 'newsletter.email_id'),
    )
    .select('newsletter.state')
    .where('message.id', '=', message_id)
    .executeTakeFirst();
  return decision !== undefined;
}
