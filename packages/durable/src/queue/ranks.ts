import type { Kysely } from 'kysely';
import type { DurableTables } from '../database/schema.ts';
import type { JobState } from '../job/job.ts';

/**
 * The first job of each rank in one state: by `due_at`, then by arrival. It walks the index
 * `job_by_state` by seeks, so it costs as much as there are ranks, not jobs.
 */
export async function* firstOfEachRank(
  db: Kysely<DurableTables>,
  queue: string,
  state: JobState,
): AsyncGenerator<{ rank: number; due_at: number; added_at: number }> {
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const first = await db
      .selectFrom('job')
      .select(['rank', 'due_at', 'added_at'])
      .where('queue', '=', queue)
      .where('state', '=', state)
      .where('rank', '>', after)
      .orderBy('rank')
      .orderBy('due_at')
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    if (first === undefined) return;
    yield first;
    after = first.rank;
  }
}
