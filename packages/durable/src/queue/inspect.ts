import { expressionBuilder, type Kysely, type Selectable } from 'kysely';
import type { StoreClock } from '../clock/store-clock.ts';
import { hasManyWriters } from '../database/database.ts';
import type { DurableTables, JobTable } from '../database/schema.ts';
import { type AttemptRecord, type JobRecord, type JobState, timedStates } from '../job/job.ts';
import { firstOfEachRank } from './ranks.ts';

/** Which jobs to list. */
export interface ListOptions {
  /** Only jobs in one of these states. (Default: all) */
  states?: readonly JobState[];
  /** Only jobs of this group. */
  group?: string;
  /** Only jobs that arrived after this one: the `seq` of the last job of the page before. */
  afterSeq?: number;
  /** Jobs a page. (Default: 100) */
  limit?: number;
}

const recordColumns = [
  'seq',
  'id',
  'grp',
  'rank',
  'state',
  'due_at',
  'attempt',
  'failures',
  'failing_since',
  'added_at',
  'settled_at',
  'reason',
] as const satisfies (keyof JobTable)[];

/** Lists jobs in the order of arrival. */
export async function listJobs(
  db: Kysely<DurableTables>,
  clock: StoreClock,
  queue: string,
  { states, group, afterSeq = 0, limit = 100 }: ListOptions,
): Promise<JobRecord[]> {
  let query = db
    .selectFrom('job')
    .select(recordColumns)
    .where('queue', '=', queue)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit);
  if (states !== undefined) query = query.where('state', 'in', states);
  if (group !== undefined) query = query.where('grp', '=', group);
  return (await query.execute()).map((row) => toRecord(row, clock));
}

/** Finds one job by its id. */
export async function getJob(
  db: Kysely<DurableTables>,
  clock: StoreClock,
  queue: string,
  id: string,
): Promise<JobRecord | undefined> {
  const row = await db
    .selectFrom('job')
    .select(recordColumns)
    .where('queue', '=', queue)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toRecord(row, clock);
}

/** The bytes of a row that was joined with `job_payload`. */
export function payloadOf(row: {
  payload: Uint8Array | null;
  large_payload: Uint8Array | null;
}): Uint8Array {
  const { buffer, byteOffset, byteLength } = row.payload ?? row.large_payload ?? new Uint8Array();
  // A Buffer from one database and not from the other would let callers depend on it.
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The bytes of a job as they were added. */
export async function getPayload(
  db: Kysely<DurableTables>,
  queue: string,
  id: string,
): Promise<Uint8Array | undefined> {
  const row = await db
    .selectFrom('job')
    .leftJoin('job_payload', 'job_payload.seq', 'job.seq')
    .select(['payload', 'large_payload'])
    .where('queue', '=', queue)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && payloadOf(row);
}

/** The ended attempts of a job, oldest first. */
export async function listAttempts(
  db: Kysely<DurableTables>,
  clock: StoreClock,
  queue: string,
  id: string,
): Promise<AttemptRecord[]> {
  const rows = await db
    .selectFrom('job_attempt')
    .innerJoin('job', 'job.seq', 'job_attempt.seq')
    .select(['job_attempt.attempt', 'started_at', 'ended_at', 'outcome', 'job_attempt.reason'])
    .where('queue', '=', queue)
    .where('id', '=', id)
    .orderBy('job_attempt.attempt')
    .execute();
  return rows.map(({ started_at, ended_at, ...row }) => ({
    ...row,
    startedAt: clock.toDate(started_at),
    endedAt: clock.toDate(ended_at),
  }));
}

/** Which jobs to count. */
export interface CountOptions {
  /** Only those of these queues, one at least. (Default: all) */
  queues?: readonly string[];
  /** Only those in one of these states, one at least. (Default: all) */
  states?: readonly JobState[];
}

/** Jobs by their queue and their state; where there are none, there is no number. */
export type JobCounts = Record<string, Partial<Record<JobState, number>>>;

/** How many jobs there are. SQLite has kept it; a server reads the queues' part of one index. */
export async function countJobs(
  db: Kysely<DurableTables>,
  { queues, states }: CountOptions = {},
): Promise<JobCounts> {
  const { and, eb } = expressionBuilder<DurableTables, 'job_count'>();
  const isAsked = and([
    ...(queues === undefined ? [] : [eb('queue', 'in', queues)]),
    ...(states === undefined ? [] : [eb('state', 'in', states)]),
  ]);
  const counted = hasManyWriters(db)
    ? db
        .selectFrom('job')
        .select(({ fn }) => ['queue', 'state', fn.countAll<number>().as('count')])
        .where(isAsked)
        .groupBy(['queue', 'state'])
    : db.selectFrom('job_count').select(['queue', 'state', 'count']).where(isAsked);
  const counts: JobCounts = {};
  for (const { queue, state, count } of await counted.execute()) {
    counts[queue] = { ...counts[queue], [state]: Number(count) };
  }
  return counts;
}

/**
 * When the oldest job that still has to run was added: the number to be alarmed by. It reads the first
 * of each line, and all jobs that are leased or wait for a time.
 */
export async function oldestPending(
  db: Kysely<DurableTables>,
  clock: StoreClock,
  queue: string,
): Promise<Date | undefined> {
  const times: number[] = [];
  for (const state of ['ready', 'waiting'] as const) {
    for await (const { added_at } of firstOfEachRank(db, queue, state)) times.push(added_at);
  }
  const { oldest } = await db
    .selectFrom('job')
    .select((row) => row.fn.min('added_at').as('oldest'))
    .where('queue', '=', queue)
    .where('state', 'in', timedStates)
    .executeTakeFirstOrThrow();
  // The minimum of no rows is null, though Kysely does not say so.
  if (oldest) times.push(oldest);
  return times.length === 0 ? undefined : clock.toDate(Math.min(...times));
}

function toRecord(
  row: Pick<Selectable<JobTable>, (typeof recordColumns)[number]>,
  clock: StoreClock,
): JobRecord {
  const { grp, due_at, failing_since, added_at, settled_at, ...same } = row;
  const dateOf = (ms: number | null) => (ms === null ? null : clock.toDate(ms));
  return {
    ...same,
    group: grp,
    dueAt: isTimed(same.state) ? clock.toDate(due_at) : null,
    failingSince: dateOf(failing_since),
    addedAt: clock.toDate(added_at),
    settledAt: dateOf(settled_at),
  };
}

function isTimed(state: JobState): boolean {
  return (timedStates as readonly JobState[]).includes(state);
}
