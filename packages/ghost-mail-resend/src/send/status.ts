import { acceptedAtOf } from '../store/message-id.ts';
import { messagesOf } from '../store/newsletter-messages.ts';
import type { MailStore } from '../store/schema.ts';
import type { MailQueues } from '../store/store.ts';
import { describePace } from './shared-pace.ts';

/** How far one newsletter is. */
export interface Progress {
  emailId: string;
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

const RATE_WINDOW_MS = 60_000;
/** Mails in a call. */
const MAILS_A_CALL = 100;

/**
 * Reads how far a newsletter is; undefined for one that the bridge does not hold. Reads rows of every recipient, so
 * one of 100,000 takes a moment.
 */
export async function readProgress(
  store: MailStore,
  emailId: string,
  now = Date.now(),
): Promise<Progress | undefined> {
  const states = new Map<string, number>();
  const events = new Map<string, number>();
  const recent = { sent: 0, first: now };
  let first: string | undefined;
  for await (const ids of messagesOf(store, emailId)) {
    first ??= ids[0];
    for (const row of await countStates(store, ids, now - RATE_WINDOW_MS)) {
      add(states, row.state, row.count);
      recent.sent += Number(row.recent);
      recent.first = Math.min(recent.first, row.first ?? now);
    }
    for (const { kind, count } of await countEvents(store, ids)) add(events, kind, count);
  }
  if (first === undefined) return undefined;
  const queued = states.get('queued') ?? 0;
  const rate = recent.sent / Math.max(1, (now - recent.first) / 1000);
  const decision = await readDecision(store, emailId);
  return {
    emailId,
    acceptedAt: acceptedAtOf(first),
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
  };
}

/** Recipients of a newsletter whose mail still waits. */
export async function countQueued(store: MailStore, emailId: string): Promise<number> {
  let queued = 0;
  for await (const ids of messagesOf(store, emailId)) {
    const { count } = await store.db
      .selectFrom('recipient')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('message_id', 'in', ids)
      .where('state', '=', 'queued')
      .executeTakeFirstOrThrow();
    queued += Number(count);
  }
  return queued;
}

/** Chunks that are not sent, by their state. */
export async function countChunks({ urgent, chunks }: MailQueues): Promise<Record<string, number>> {
  const pending = new Map<string, number>();
  for (const queue of [urgent, chunks]) {
    for (const [state, count] of Object.entries(await queue.counts())) {
      if (!['done', 'dropped'].includes(state)) add(pending, state, count);
    }
  }
  return Object.fromEntries(pending);
}

/** The same in words: `all sent`, or `ready 3  dead 1`. */
export function describeChunks(counts: Record<string, number>): string {
  const words = Object.entries(counts).map(([state, count]) => `${state} ${count}`);
  return words.join('  ') || 'all sent';
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + Number(count));
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

async function readDecision(store: MailStore, emailId: string) {
  const row = await store.db
    .selectFrom('newsletter')
    .select('state')
    .where('email_id', '=', emailId)
    .executeTakeFirst();
  return row?.state ?? null;
}

/** Recipients by their state; of those sent after `since`, how many and when the first was. */
async function countStates({ db }: MailStore, ids: readonly string[], since: number) {
  return await db
    .selectFrom('recipient')
    .select(({ fn, eb, ref }) => {
      const isRecent = () => eb.case().when('sent_at', '>', since);
      return [
        'state',
        fn.countAll<number>().as('count'),
        fn.count<number>(isRecent().then(1).end()).as('recent'),
        fn.min<number | null>(isRecent().then(ref('sent_at')).end()).as('first'),
      ];
    })
    .where('message_id', 'in', ids)
    .groupBy('state')
    .execute();
}

/** A bounce has two failures of one recipient, so kinds are counted where no other kind is before them. */
async function countEvents({ db }: MailStore, ids: readonly string[]) {
  return await db
    .selectFrom('event')
    .select(({ fn }) => ['event.kind', fn.countAll<number>().as('count')])
    .where('event.message_id', 'in', ids)
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
}
