import type { OpenedMailStore } from './store.ts';

/** Svix tries for a day and a bit. */
const WEBHOOKS_KEPT_MS = 3 * 24 * 60 * 60 * 1000;
const CALLS_KEPT_MS = 60 * 60 * 1000;
/** Bounds one transaction: every other write waits meanwhile. */
const MESSAGES_A_TIME = 20;
const ROWS_A_TIME = 1_000;

/**
 * Forgets messages that were accepted before a time and have nothing left to be sent, with their
 * recipients, chunks and events; and what only served to recognise repetitions. Returns the messages.
 */
export async function forgetOld(
  { store, queues, suppressions }: OpenedMailStore,
  keptMs: number,
  now: number,
): Promise<number> {
  const before = now - keptMs;
  let forgotten = 0;
  for (;;) {
    const old = await store.db
      .selectFrom('message')
      .select('id')
      .where('accepted_at', '<', before)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('chunk')
              .select('chunk.id')
              .whereRef('chunk.message_id', '=', 'message.id')
              .where('chunk.state', '=', 'queued'),
          ),
        ),
      )
      .limit(MESSAGES_A_TIME)
      .execute();
    const ids = old.map(({ id }) => id);
    if (ids.length === 0) break;
    await store.transaction(async (tx) => {
      for (const table of ['event', 'recipient', 'chunk'] as const) {
        await tx.deleteFrom(table).where('message_id', 'in', ids).execute();
      }
      await tx.deleteFrom('message').where('id', 'in', ids).execute();
    });
    forgotten += ids.length;
  }
  await store.transaction(async (tx) => {
    await tx
      .deleteFrom('webhook_seen')
      .where('seen_at', '<', now - WEBHOOKS_KEPT_MS)
      .execute();
    await tx
      .deleteFrom('suppression_call')
      .where('called_at', '<', now - CALLS_KEPT_MS)
      .execute();
  });
  for (const queue of [queues.urgent, queues.chunks, suppressions]) {
    while ((await queue.purge(new Date(before), ROWS_A_TIME)) === ROWS_A_TIME);
  }
  return forgotten;
}
