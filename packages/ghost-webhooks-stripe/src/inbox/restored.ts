import { pendingStates } from '@prosora/durable';
import type { InboxTx } from './tables.ts';

/** What a lease that was lost is told by itself. */
const FRESH = pendingStates.filter((state) => state !== 'leased');

/**
 * Puts every delivery of a queue in doubt that is still to be made, by an attempt of which nobody knows the end: an inbox
 * that comes from a backup does not know what was delivered since. Whatever Ghost counts each time is then asked for or
 * held, and all else is delivered again.
 *
 * @returns how many there are
 */
export async function doubtPending(tx: InboxTx, queue: string, now: number): Promise<number> {
  const jobs = await tx
    .selectFrom('job')
    .select(['seq', 'attempt'])
    .where('queue', '=', queue)
    .where('state', 'in', FRESH)
    .execute();
  for (const { seq, attempt } of jobs) {
    const unknown = { started_at: now, ended_at: now, outcome: 'lost', reason: null } as const;
    await tx
      .insertInto('job_attempt')
      .values({ seq, attempt: attempt + 1, ...unknown })
      .execute();
    await tx
      .updateTable('job')
      .set({ attempt: attempt + 1 })
      .where('seq', '=', seq)
      .execute();
  }
  return jobs.length;
}
