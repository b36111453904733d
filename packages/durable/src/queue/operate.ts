import type { Transaction } from 'kysely';
import { hasManyWriters } from '../database/database.ts';
import type { DurableTables } from '../database/schema.ts';
import { isHead, type JobState, purgeableStates } from '../job/job.ts';
import { atHead, holdLine, joinLine, promoteNext } from './line.ts';
import { firstOfEachRank } from './ranks.ts';

const idle = [
  'waiting',
  'ready',
  'delayed',
  'aside',
  'done',
  'superseded',
  'dropped',
  'ambiguous',
  'dead',
] as const satisfies JobState[];

/** Which jobs an operator means. */
export interface Chosen {
  queue: string;
  ids: readonly string[];
  /** The states in which they have to be still; any in which they do not run without it. */
  among: readonly string[] | undefined;
}

/** Lets jobs run again now, with all their tries; returns those that could: known and not leased. */
export async function replayJobs(
  tx: Transaction<DurableTables>,
  { queue, ids, among }: Chosen,
  now: number,
): Promise<string[]> {
  const replayed: string[] = [];
  for (const id of ids) {
    const job = await findIdle(tx, queue, id, among);
    if (job === undefined) continue;
    const fresh = { failures: 0, failing_since: null, settled_at: null, reason: null };
    // A job in line keeps its place: only what it waits for is over.
    const standing =
      job.state === 'waiting'
        ? { available_at: now }
        : isHead(job.state)
          ? atHead(now, now)
          : await joinLine(tx, { queue, ...job }, now);
    await tx
      .updateTable('job')
      .set({ ...fresh, ...standing })
      .where('seq', '=', job.seq)
      .execute();
    replayed.push(id);
  }
  return replayed;
}

/** Takes jobs out for good, for a reason that stays readable; returns those that could be: known and not leased. */
export async function dropJobs(
  tx: Transaction<DurableTables>,
  { queue, ids, among }: Chosen,
  reason: string,
  now: number,
): Promise<string[]> {
  const dropped: string[] = [];
  for (const id of ids) {
    const job = await findIdle(tx, queue, id, among);
    if (job === undefined) continue;
    await tx
      .updateTable('job')
      .set({ state: 'dropped', due_at: now, settled_at: now, reason })
      .where('seq', '=', job.seq)
      .execute();
    if (isHead(job.state)) await promoteNext(tx, queue, job.grp, now);
    dropped.push(id);
  }
  return dropped;
}

/** Deletes up to `limit` finished jobs settled before a time; their ids are then unknown again. */
export async function purgeJobs(
  tx: Transaction<DurableTables>,
  queue: string,
  before: number,
  limit: number,
): Promise<number> {
  let purged = 0;
  for (const state of purgeableStates) {
    for await (const { rank } of firstOfEachRank(tx, queue, state)) {
      const old = await tx
        .selectFrom('job')
        .select('seq')
        .where('queue', '=', queue)
        .where('state', '=', state)
        .where('rank', '=', rank)
        .where('due_at', '<', before)
        .limit(limit - purged)
        .forUpdate()
        .skipLocked()
        .execute();
      for (const { seq } of old) await deleteJob(tx, seq);
      purged += old.length;
    }
  }
  return purged;
}

async function deleteJob(tx: Transaction<DurableTables>, seq: number): Promise<void> {
  for (const table of ['job_payload', 'job_attempt', 'job'] as const) {
    await tx.deleteFrom(table).where('seq', '=', seq).execute();
  }
}

/** Judged under the lock of its row: whoever else has it first may have changed its state. */
async function findIdle(
  tx: Transaction<DurableTables>,
  queue: string,
  id: string,
  among: readonly string[] = idle,
) {
  const states = idle.filter((state) => among.includes(state));
  if (states.length === 0) return undefined;
  const job = tx
    .selectFrom('job')
    .select(['seq', 'grp', 'rank', 'state'])
    .where('queue', '=', queue)
    .where('id', '=', id)
    .where('state', 'in', states);
  if (hasManyWriters(tx)) await holdLine(tx, queue, (await job.executeTakeFirst())?.grp ?? null);
  return job.forUpdate().executeTakeFirst();
}
