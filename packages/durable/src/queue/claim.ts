import type { Kysely, Transaction } from 'kysely';
import type { StoreClock } from '../clock/store-clock.ts';
import type { DurableTables } from '../database/schema.ts';
import { type Job, timedStates } from '../job/job.ts';
import { payloadOf } from './inspect.ts';
import { atHead, holdLine, joinLine, tryHoldLines } from './line.ts';
import { firstOfEachRank } from './ranks.ts';
import { type FailureRules, leasedColumns, settleLost } from './settle.ts';

/** Bounds the work of one claim when many jobs become due at once; the rest follows with the next. */
const maxDuePerClaim = 256;

/** The line that is held by whoever counts what all processes have leased; no group has this name. */
const everybody = '';

/** A claim on a queue. */
export interface Claim {
  queue: string;
  /** At most so many jobs. */
  limit: number;
  /** At most so many leased at a time, by all processes together. */
  inAll?: number | undefined;
  leaseMs: number;
  /** Jobs that the caller still works on: their leases have not run out, whatever the time says. */
  held: readonly Job[];
  rules: FailureRules;
  clock: StoreClock;
}

/**
 * Leases the first jobs in the order (rank, arrival) whose group is free.
 *
 * What is `ready` may run, so picking reads as many entries of the index `job_by_state` as it returns; a
 * backlog, a busy group and jobs that wait for a time are elsewhere in that index. What another process
 * picks at the same moment is left to it.
 */
export async function claimJobs(
  tx: Transaction<DurableTables>,
  { queue, limit, inAll, leaseMs, held, rules, clock }: Claim,
): Promise<Job[]> {
  // Two processes must not both find the last place free.
  if (inAll !== undefined) await holdLine(tx, queue, everybody);
  const now = clock.now();
  await takeBackLost(tx, queue, held, rules, now);
  await wakeDue(tx, queue, now);
  const room =
    inAll === undefined ? limit : Math.min(limit, inAll - (await countLeased(tx, queue)));
  if (room <= 0) return [];

  const ready = await tx
    .selectFrom('job')
    .leftJoin('job_payload', 'job_payload.seq', 'job.seq')
    .select([
      'job.seq',
      'id',
      'payload',
      'large_payload',
      'grp',
      'rank',
      'attempt',
      'failures',
      'failing_since',
    ])
    .select('added_at')
    .where('queue', '=', queue)
    .where('state', '=', 'ready')
    .orderBy('rank')
    .orderBy('due_at')
    .orderBy('job.seq')
    .limit(room)
    .forUpdate()
    .skipLocked()
    .execute();
  const rows = await tryHoldLines(tx, queue, ready);
  if (rows.length === 0) return [];
  await tx
    .updateTable('job')
    .set((row) => ({
      state: 'leased',
      attempt: row('attempt', '+', 1),
      leased_at: now,
      due_at: now + leaseMs,
    }))
    .where(
      'seq',
      'in',
      rows.map((row) => row.seq),
    )
    .execute();

  return rows.map(({ grp, payload, large_payload, attempt, failing_since, added_at, ...row }) => ({
    ...row,
    group: grp,
    payload: payloadOf({ payload, large_payload }),
    attempt: attempt + 1,
    failingSince: failing_since === null ? null : clock.toDate(failing_since),
    addedAt: clock.toDate(added_at),
  }));
}

async function countLeased(tx: Transaction<DurableTables>, queue: string): Promise<number> {
  const { leased } = await tx
    .selectFrom('job')
    .select((row) => row.fn.countAll<number>().as('leased'))
    .where('queue', '=', queue)
    .where('state', '=', 'leased')
    .executeTakeFirstOrThrow();
  return leased;
}

/** The next moment at which `claimJobs` could find more than now: a wait ends or a lease runs out. */
export async function nextDueAt(
  db: Kysely<DurableTables>,
  queue: string,
): Promise<number | undefined> {
  const times: number[] = [];
  for (const state of timedStates) {
    for await (const { due_at } of firstOfEachRank(db, queue, state)) times.push(due_at);
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

async function takeBackLost(
  tx: Transaction<DurableTables>,
  queue: string,
  held: readonly Job[],
  rules: FailureRules,
  now: number,
): Promise<void> {
  // Reads the entries of all leased jobs: never more than workers hold.
  const lost = await tx
    .selectFrom('job')
    .select(leasedColumns)
    .where('queue', '=', queue)
    .where('state', '=', 'leased')
    .where('due_at', '<=', now)
    .limit(maxDuePerClaim)
    .forUpdate()
    .skipLocked()
    .execute();
  for (const row of await tryHoldLines(tx, queue, lost)) {
    const isHeld = held.some(({ seq, attempt }) => seq === row.seq && attempt === row.attempt);
    if (!isHeld) await settleLost(tx, row, rules, now);
  }
}

/** Lets jobs whose time has come compete again, smallest rank first. */
async function wakeDue(tx: Transaction<DurableTables>, queue: string, now: number): Promise<void> {
  for (const state of ['delayed', 'aside'] as const) {
    let room = maxDuePerClaim;
    for await (const { rank, due_at } of firstOfEachRank(tx, queue, state)) {
      if (due_at > now || room <= 0) continue;
      const due = await tx
        .selectFrom('job')
        .select(['seq', 'grp'])
        .where('queue', '=', queue)
        .where('state', '=', state)
        .where('rank', '=', rank)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(room)
        .forUpdate()
        .skipLocked()
        .execute();
      room -= due.length;
      for (const { seq, grp } of await tryHoldLines(tx, queue, due)) {
        // A `delayed` job is the head of its line already; one `aside` has to join it.
        const place = { queue, grp, rank, seq };
        const standing = state === 'delayed' ? atHead(now, now) : await joinLine(tx, place, now);
        await tx.updateTable('job').set(standing).where('seq', '=', seq).execute();
      }
    }
  }
}
