import type { Transaction } from 'kysely';
import type { DurableTables } from '../database/schema.ts';
import type { Job } from '../job/job.ts';
import { findLeased } from './settle.ts';

/** Lengthens the leases of jobs that are still held by this worker, and returns these. */
export async function renewLeases(
  tx: Transaction<DurableTables>,
  jobs: readonly Job[],
  until: number,
): Promise<Job[]> {
  const held: Job[] = [];
  for (const job of jobs) {
    if ((await findLeased(tx, job)) === undefined) continue;
    await tx.updateTable('job').set({ due_at: until }).where('seq', '=', job.seq).execute();
    held.push(job);
  }
  return held;
}
