import type { OpenedMailStore } from './store.ts';

/** How far one newsletter is, or all mail that carries no newsletter's id. */
export interface Progress {
  emailId: string | null;
  acceptedAt: Date;
  /** Recipients by where they stand; those `sent` were taken by Resend. */
  queued: number;
  sent: number;
  failed: number;
  unknown: number;
  /** Recipients with such an event. */
  delivered: number;
  opened: number;
  bounced: number;
  complained: number;
}

/** Newest newsletters that `status` shows when it is not asked for one. */
const SHOWN = 10;

/**
 * Reads how far newsletters are: one by its id, or the newest ten. Reads rows of every recipient, so a
 * newsletter of 100,000 takes a moment.
 */
export async function readProgress(
  { store }: Pick<OpenedMailStore, 'store'>,
  emailId?: string,
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
    progress.push({
      emailId: email_id,
      acceptedAt: new Date(Number(accepted_at)),
      queued: states.get('queued') ?? 0,
      sent: states.get('sent') ?? 0,
      failed: states.get('failed') ?? 0,
      unknown: states.get('unknown') ?? 0,
      delivered: events.get('delivered') ?? 0,
      opened: events.get('opened') ?? 0,
      bounced: events.get('failed') ?? 0,
      complained: events.get('complained') ?? 0,
    });
  }
  return progress;
}

type Store = OpenedMailStore['store'];

async function countStates(
  store: Store,
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

async function countEvents(
  store: Store,
  emailId: string | null,
): Promise<ReadonlyMap<string, number>> {
  const rows = await store.db
    .selectFrom('event')
    .innerJoin('message', 'message.id', 'event.message_id')
    .select(({ fn }) => ['event.kind', fn.countAll<number>().as('count')])
    .where('message.email_id', '=', emailId)
    .groupBy('event.kind')
    .execute();
  return new Map(rows.map(({ kind, count }) => [kind, Number(count)]));
}
