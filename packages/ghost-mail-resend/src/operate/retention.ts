import { hasNoChunkIn } from '../store/message-over.ts';
import type { MailStore } from '../store/schema.ts';
import type { OpenedMailStore } from '../store/store.ts';

/** Svix tries for a day and a bit. */
const WEBHOOKS_KEPT_MS = 3 * 24 * 60 * 60 * 1000;
const CALLS_KEPT_MS = 60 * 60 * 1000;
const MESSAGES_A_TIME = 20;
/** Bounds one transaction: every other write waits meanwhile. A recipient has a few events. */
const RECIPIENTS_A_TIME = 250;
const ROWS_A_TIME = 1_000;

/**
 * Forgets messages that were accepted before a time and have nothing left to be sent, with their
 * recipients, chunks and events; and what only served to recognise repetitions. Returns the messages.
 *
 * `now` is a time that the true one is surely not before: what a clock that jumped makes look old stays.
 */
export async function forgetOld(
  opened: OpenedMailStore,
  keptMs: number,
  now: number,
): Promise<number> {
  const { store, queues, suppressions } = opened;
  const before = now - keptMs;
  let forgotten = 0;
  for (;;) {
    const old = await store.db
      .selectFrom('message')
      .select('id')
      .where('accepted_at', '<', before)
      .where(hasNoChunkIn('queued'))
      .limit(MESSAGES_A_TIME)
      .execute();
    const ids = old.map(({ id }) => id);
    if (ids.length === 0) break;
    for (const id of ids) await forgetMessage(opened, id);
    forgotten += ids.length;
  }
  await forgetSeen(store, now - WEBHOOKS_KEPT_MS);
  await store.transaction((tx) =>
    tx
      .deleteFrom('suppression_call')
      .where('called_at', '<', now - CALLS_KEPT_MS)
      .execute(),
  );
  for (const queue of [queues.urgent, queues.chunks, suppressions]) {
    while ((await queue.purge(new Date(before), ROWS_A_TIME)) === ROWS_A_TIME);
  }
  return forgotten;
}

async function forgetMessage({ store, queues }: OpenedMailStore, id: string): Promise<void> {
  const { last } = await store.db
    .selectFrom('recipient')
    .select(({ fn }) => fn.max('position').as('last'))
    .where('message_id', '=', id)
    .executeTakeFirstOrThrow();
  // The highest of no rows is null.
  for (let from = 0; from <= (last ?? -1); from += RECIPIENTS_A_TIME) {
    await store.transaction(async (tx) => {
      for (const table of ['event', 'recipient'] as const) {
        await tx
          .deleteFrom(table)
          .where('message_id', '=', id)
          .where('position', '>=', from)
          .where('position', '<', from + RECIPIENTS_A_TIME)
          .execute();
      }
    });
  }
  await store.transaction(async (tx) => {
    const givenUp = await tx
      .selectFrom('chunk')
      .select('id')
      .where('message_id', '=', id)
      .where('state', 'in', ['dead', 'unknown'])
      .execute();
    const jobs = givenUp.map((chunk) => chunk.id);
    for (const queue of [queues.urgent, queues.chunks]) {
      await queue.drop(jobs, 'Its mails were forgotten.', { tx });
    }
    await tx.deleteFrom('chunk').where('message_id', '=', id).execute();
    await tx.deleteFrom('message').where('id', '=', id).execute();
  });
}

async function forgetSeen(store: MailStore, before: number): Promise<void> {
  for (;;) {
    const old = await store.db
      .selectFrom('webhook_seen')
      .select('svix_id')
      .where('seen_at', '<', before)
      .limit(ROWS_A_TIME)
      .execute();
    if (old.length === 0) return;
    const ids = old.map(({ svix_id }) => svix_id);
    await store.transaction((tx) =>
      tx.deleteFrom('webhook_seen').where('svix_id', 'in', ids).execute(),
    );
  }
}
