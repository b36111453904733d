import type { MailStore } from '../store/schema.ts';
import type { MailQueues } from '../store/store.ts';
import { describePace } from './shared-pace.ts';

/** How far one newsletter is. */
export interface Progress {
  emailId: string | null;
  acceptedAt: Date;
  /** What a person decided. */
  decision: 'paused' | 'canceled' | null;
  /** Recipients taken from Ghost, and of these where they stand; those `sent` were taken by Resend. */
  accepted: number;
  queued: number;
  sent: number;
  unknown: number;
  canceled: number;
  /** Recipients with such an event; those `failed` include the ones that the bridge or Resend refused. */
  delivered: number;
  opened: number;
  failed: number;
  complained: number;
  /** Mails a second in the last minute, and at the present limit the time when the last one leaves. */
  rate: number;
  doneAt: Date | null;
}

/** Newest newsletters that `status` shows when it is not asked for one. */
const SHOWN = 10;
const RATE_WINDOW_MS = 60_000;
/** Mails in a call. */
const MAILS_A_CALL = 100;

/**
 * Reads how far newsletters are: one by its id, or the newest ten. Reads rows of every recipient, so a
 * newsletter of 100,000 takes a moment.
 */
export async function readProgress(
  store: MailStore,
  emailId?: string,
  now = Date.now(),
): Promise<Progress[]> {
  let newest = store.db
    .selectFrom('message')
    .select(({ fn }) => ['email_id', fn.min('accepted_at').as('accepted_at')])
    .where('email_id', 'is not', null)
    .groupBy('email_id')
    .orderBy('accepted_at', 'desc')
    .limit(SHOWN);
  if (emailId !== undefined) newest = newest.where('email_id', '=', emailId);
  const progress: Progress[] = [];
  for (const { email_id, accepted_at } of await newest.execute()) {
    const states = await countStates(store, email_id);
    const events = await countEvents(store, email_id);
    const queued = states.get('queued') ?? 0;
    const rate = await recentRate(store, email_id, now);
    const decision = await readDecision(store, email_id);
    progress.push({
      emailId: email_id,
      acceptedAt: new Date(Number(accepted_at)),
      decision,
      accepted: [...states.values()].reduce((sum, count) => sum + count, 0),
      queued,
      sent: states.get('sent') ?? 0,
      unknown: states.get('unknown') ?? 0,
      canceled: states.get('canceled') ?? 0,
      delivered: events.get('delivered') ?? 0,
      opened: events.get('opened') ?? 0,
      failed: (events.get('failed') ?? 0) + (events.get('suppressed') ?? 0),
      complained: events.get('complained') ?? 0,
      rate,
      doneAt: decision === null ? await estimateEnd(store, queued, rate, now) : null,
    });
  }
  return progress;
}

/** Chunks that are not sent, by their state: `all sent`, or `pending 3  dead 1`. */
export async function describeChunks({ urgent, chunks }: MailQueues): Promise<string> {
  const pending = new Map<string, number>();
  for (const queue of [urgent, chunks]) {
    for (const [state, count] of Object.entries(await queue.counts())) {
      if (!['done', 'dropped'].includes(state)) {
        pending.set(state, (pending.get(state) ?? 0) + count);
      }
    }
  }
  return [...pending].map(([state, count]) => `${state} ${count}`).join('  ') || 'all sent';
}

/** By the rate of the last minute, else by the limit that Resend named last. */
async function estimateEnd(
  store: MailStore,
  queued: number,
  rate: number,
  now: number,
): Promise<Date | null> {
  if (queued === 0) return null;
  const { limit, heldUntil } = await describePace(store);
  const perSecond = rate > 0 ? rate : limit * MAILS_A_CALL;
  return new Date(Math.max(now, heldUntil.getTime()) + (queued / perSecond) * 1000);
}

async function readDecision(store: MailStore, emailId: string | null) {
  const row = await store.db
    .selectFrom('newsletter')
    .select('state')
    .where('email_id', '=', emailId)
    .executeTakeFirst();
  return row?.state ?? null;
}

async function recentRate(store: MailStore, emailId: string | null, now: number): Promise<number> {
  const { sent, first } = await store.db
    .selectFrom('recipient')
    .innerJoin('message', 'message.id', 'recipient.message_id')
    .select(({ fn }) => [fn.countAll<number>().as('sent'), fn.min('sent_at').as('first')])
    .where('message.email_id', '=', emailId)
    .where('sent_at', '>', now - RATE_WINDOW_MS)
    .executeTakeFirstOrThrow();
  return first ? Number(sent) / Math.max(1, (now - first) / 1000) : 0;
}

async function countStates(
  store: MailStore,
  emailId: string | null,
): Promise<ReadonlyMap<string, number>> {
  const rows = await store.db
    .selectFrom('recipient')
    .innerJoin('message', 'message.id', 'recipient.message_id')
    .select(({ fn }) => ['recipient.state', fn.countAll<number>().as('count')])
    .where('message.email_id', '=', emailId)
    .groupBy('recipient.state')
    .execute();
  return new Map(rows.map(({ state, count }) => [state, Number(count)]));
}

/** A bounce has two failures of one recipient, so kinds are counted where no other kind is before them. */
async function countEvents(
  store: MailStore,
  emailId: string | null,
): Promise<ReadonlyMap<string, number>> {
  const rows = await store.db
    .selectFrom('event')
    .innerJoin('message', 'message.id', 'event.message_id')
    .select(({ fn }) => ['event.kind', fn.countAll<number>().as('count')])
    .where('message.email_id', '=', emailId)
    .where(({ not, exists, selectFrom, and, eb }) =>
      not(
        and([
          eb('event.kind', '=', 'suppressed'),
          exists(
            selectFrom('event as bounce')
              .select('bounce.seq')
              .whereRef('bounce.message_id', '=', 'event.message_id')
              .whereRef('bounce.position', '=', 'event.position')
              .where('bounce.kind', '=', 'failed'),
          ),
        ]),
      ),
    )
    .groupBy('event.kind')
    .execute();
  return new Map(rows.map(({ kind, count }) => [kind, Number(count)]));
}
