import { sql, type Transaction } from 'kysely';
import { hasManyWriters, isDuplicateKey } from '../database/database.ts';
import type { DurableTables } from '../database/schema.ts';
import { type AddOptions, type AddOutcome, isHead, type JobState } from '../job/job.ts';
import { getPayload } from './inspect.ts';
import { aside, holdLine, planJoin, promoteNext, type Standing, sendBack } from './line.ts';

/** A job to be inserted; times are on the store's clock. */
export interface NewJob extends Omit<AddOptions, 'availableAt'> {
  queue: string;
  id: string;
  payload: Uint8Array;
  availableAt: number;
  now: number;
}

/** A row of this size still fits on one page of SQLite (4 KiB), so that moving it writes no more than that. */
const maxSmallBytes = 2_048;

const isSmall = (payload: Uint8Array) => payload.byteLength <= maxSmallBytes;

/**
 * Inserts a job once: an id that is known, settled ones included, is left as it is.
 *
 * The unique key decides, not a look beforehand: that is right with several writers too, and spares the
 * common case a query.
 */
export async function addJob(tx: Transaction<DurableTables>, job: NewJob): Promise<AddOutcome> {
  const { queue, id, payload, supersedes, now } = job;
  const { standing, displaced } = await planNew(tx, job);
  const seq = await insertRow(tx, job, standing);
  if (seq === undefined) {
    const first = (await getPayload(tx, queue, id)) ?? new Uint8Array();
    return Buffer.compare(first, payload) === 0 ? 'duplicate' : 'conflict';
  }
  if (displaced !== undefined) await sendBack(tx, displaced);
  if (!isSmall(payload)) {
    await tx.insertInto('job_payload').values({ seq, large_payload: payload }).execute();
  }
  if (supersedes !== undefined) await supersedeOlder(tx, { queue, supersedes, seq, id, now });
  return 'added';
}

const jobTable = sql.table('job');

/** A reserved word in MySQL. */
const rankColumn = sql.ref('rank');

/** Written as SQL because adding is the hot path: the query builder costs a quarter of its CPU time. */
async function insertRow(
  tx: Transaction<DurableTables>,
  { queue, id, group, rank = 0, supersedes, now, payload }: NewJob,
  { state, available_at, due_at }: Standing,
): Promise<number | undefined> {
  const insert = sql`
    insert into ${jobTable}
      (queue, id, state, ${rankColumn}, grp, supersedes, available_at, due_at, added_at, payload)
    values (
      ${queue}, ${id}, ${state}, ${rank}, ${group ?? null}, ${supersedes ?? null},
      ${available_at}, ${due_at}, ${now}, ${isSmall(payload) ? payload : null}
    )`;
  try {
    const { insertId } = await insert.execute(tx);
    return Number(insertId);
  } catch (error) {
    if (isDuplicateKey(error)) return undefined;
    throw error;
  }
}

async function planNew(
  tx: Transaction<DurableTables>,
  { queue, group, rank = 0, availableAt, now }: NewJob,
): Promise<{ standing: Standing; displaced?: number }> {
  // A job for later must not hold up its group, so it joins the line when its time has come.
  if (group !== undefined && availableAt > now) return { standing: aside(availableAt) };
  await holdLine(tx, queue, group ?? null);
  return planJoin(tx, { queue, grp: group ?? null, rank, seq: undefined }, availableAt, now);
}

/** States in which a newer job makes this one needless: all pending ones but `leased`. */
const supersedable = ['waiting', 'ready', 'delayed', 'aside'] as const satisfies JobState[];

async function supersedeOlder(
  tx: Transaction<DurableTables>,
  newer: { queue: string; supersedes: string; seq: number; id: string; now: number },
): Promise<void> {
  const { queue, supersedes, id, now } = newer;
  const older = tx
    .selectFrom('job')
    .select(['seq', 'grp', 'state'])
    .where('queue', '=', queue)
    .where('supersedes', '=', supersedes)
    .where('state', 'in', supersedable)
    .where('seq', '!=', newer.seq);
  if (hasManyWriters(tx)) {
    for (const { grp } of await older.execute()) await holdLine(tx, queue, grp);
  }
  const needless = await older.forUpdate().execute();
  const reason = `superseded by ${id}`;
  for (const { seq } of needless) {
    await tx
      .updateTable('job')
      .set({ state: 'superseded', due_at: now, settled_at: now, reason })
      .where('seq', '=', seq)
      .execute();
  }
  // Only now, or the next of a line might be one of them.
  for (const { grp, state } of needless) if (isHead(state)) await promoteNext(tx, queue, grp, now);
}
