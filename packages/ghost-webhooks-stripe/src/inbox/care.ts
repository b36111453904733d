import { DatabaseSync } from 'node:sqlite';
import type { Queue } from '@prosora/durable';
import type { InboxStore } from './store.ts';
import type { InboxTables } from './tables.ts';

/** Bounds how long one step of a purge holds the lock that the acknowledgement of events needs. */
const PURGED_AT_ONCE = 200;
const PAGES_AT_ONCE = 2_000;

/**
 * Deletes events that came before a time, with their jobs: those that every sink is done with. What is
 * pending, held, ambiguous or dead stays for ever, and so does the id of each event that is younger.
 */
export async function purgeInbox(
  store: InboxStore,
  queues: readonly Queue<InboxTables>[],
  before: Date,
): Promise<number> {
  for (const queue of queues) while ((await queue.purge(before, PURGED_AT_ONCE)) > 0);
  let purged = 0;
  for (let after = 0; ; ) {
    const old = await oldEvents(store, queues, { before, after });
    if (old.length === 0) return purged;
    after = old.at(-1)?.seq ?? after;
    const seqs = old.filter(({ isDone }) => isDone).map(({ seq }) => seq);
    if (seqs.length === 0) continue;
    await store.transaction((tx) =>
      tx.deleteFrom('stripe_event').where('seq', 'in', seqs).execute(),
    );
    purged += seqs.length;
  }
}

async function oldEvents(
  store: InboxStore,
  queues: readonly Queue<InboxTables>[],
  { before, after }: { before: Date; after: number },
): Promise<{ seq: number; isDone: boolean }[]> {
  const rows = await store.db
    .selectFrom('stripe_event')
    .select(['seq', 'id', 'held', 'received_at'])
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(PURGED_AT_ONCE)
    .execute();
  // They came in this order, so the first young one ends the search.
  const old = rows.filter(({ received_at }) => received_at < before.getTime());
  const wanted = old.map(({ id }) => id);
  const waited = new Set<string>();
  for (const { name } of queues) {
    if (wanted.length === 0) break;
    const jobs = await store.db
      .selectFrom('job')
      .select('id')
      .where('queue', '=', name)
      .where('id', 'in', wanted)
      .execute();
    for (const { id } of jobs) waited.add(id);
  }
  return old.map(({ seq, id, held }) => ({ seq, isDone: held === null && !waited.has(id) }));
}

/** Gives freed pages back to the disk, a part at a time; what is locked now is given back next time. */
export function compactAfterPurge(file: string): void {
  try {
    using database = new DatabaseSync(file, { timeout: 500 });
    database.exec(`pragma incremental_vacuum(${PAGES_AT_ONCE})`);
  } catch {
    // Nothing depends on it.
  }
}
