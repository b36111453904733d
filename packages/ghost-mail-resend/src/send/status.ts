import { hasManyWriters } from '@prosora/durable';
import { isFailure } from '../store/events.ts';
import { acceptedAtOf } from '../store/message-id.ts';
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

/** Reads how far a newsletter is; undefined for one that the bridge does not hold. */
export async function readProgress(
  store: MailStore,
  emailId: string,
  now = Date.now(),
): Promise<Progress | undefined> {
  const first = await store.db
    .selectFrom('message')
    .select(({ fn }) => fn.min<string | null>('id').as('id'))
    .where('email_id', '=', emailId)
    .executeTakeFirstOrThrow();
  if (first.id === null) return undefined;
  const states = await countRecipients(store, emailId);
  const events = await countEvents(store, emailId);
  const hasFailed = events.has('failed') || events.has('suppressed');
  const queued = states.get('queued') ?? 0;
  const rate = await measureRate(store, emailId, now);
  const decision = await readDecision(store, emailId);
  return {
    emailId,
    acceptedAt: acceptedAtOf(first.id),
    decision,
    accepted: [...states.values()].reduce((sum, count) => sum + count, 0),
    queued,
    sent: states.get('sent') ?? 0,
    unknown: states.get('unknown') ?? 0,
    canceled: states.get('canceled') ?? 0,
    delivered: events.get('delivered') ?? 0,
    opened: events.get('opened') ?? 0,
    failed: hasFailed ? await countFailed(store, emailId) : 0,
    complained: events.get('complained') ?? 0,
    rate,
    doneAt: decision === null ? await estimateEnd(store, queued, rate, now) : null,
  };
}

/** Recipients of a newsletter whose mail still waits. */
export async function countQueued(store: MailStore, emailId: string): Promise<number> {
  return (await countRecipients(store, emailId)).get('queued') ?? 0;
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

/** Mails a second in the last minute, or since the first in it. */
async function measureRate({ db }: MailStore, emailId: string, now: number): Promise<number> {
  const { sent, first } = await db
    .selectFrom('recipient')
    .select(({ fn }) => [
      fn.countAll<number>().as('sent'),
      fn.min<number | null>('sent_at').as('first'),
    ])
    .where('email_id', '=', emailId)
    .where('sent_at', '>', now - RATE_WINDOW_MS)
    .executeTakeFirstOrThrow();
  return Number(sent) / Math.max(1, (now - (first ?? now)) / 1000);
}

/** Recipients by their state. */
async function countRecipients({ db }: MailStore, emailId: string): Promise<Map<string, number>> {
  const counted = hasManyWriters(db)
    ? db
        .selectFrom('recipient')
        .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
        .where('email_id', '=', emailId)
        .groupBy('state')
    : db.selectFrom('recipient_count').select(['state', 'count']).where('email_id', '=', emailId);
  return new Map((await counted.execute()).map(({ state, count }) => [state, Number(count)]));
}

/** Events by their kind, of which a recipient has one each. */
async function countEvents({ db }: MailStore, emailId: string): Promise<Map<string, number>> {
  const messages = db.selectFrom('message').select('id').where('email_id', '=', emailId);
  const counted = hasManyWriters(db)
    ? db
        .selectFrom('event')
        .select(({ fn }) => ['kind', fn.countAll<number>().as('count')])
        .where('message_id', 'in', messages)
        .groupBy('kind')
    : db
        .selectFrom('event_count')
        .select(({ fn }) => ['kind', fn.sum<number>('count').as('count')])
        .where('message_id', 'in', messages)
        .groupBy('kind');
  return new Map((await counted.execute()).map(({ kind, count }) => [kind, Number(count)]));
}

/** Recipients who bounced or are suppressed: who is both has two failures of one mail. */
async function countFailed({ db }: MailStore, emailId: string): Promise<number> {
  const recipients = db
    .selectFrom('event')
    .select(['message_id', 'position'])
    .where(isFailure)
    .where('message_id', 'in', (of) =>
      of.selectFrom('message').select('id').where('email_id', '=', emailId),
    )
    .groupBy(['message_id', 'position'])
    .as('recipients');
  const { failed } = await db
    .selectFrom(recipients)
    .select(({ fn }) => fn.countAll<number>().as('failed'))
    .executeTakeFirstOrThrow();
  return Number(failed);
}
