import type { Selectable, Transaction } from 'kysely';
import type { DurableTables, JobTable } from '../database/schema.ts';
import type { Backoff } from '../job/backoff.ts';
import type { AttemptRecord, Job, Settlement } from '../job/job.ts';
import { aside, promoteNext, rejoinLine } from './line.ts';

/** What the rules of a queue say about failures. */
export interface FailureRules {
  backoff: Backoff;
  /** Failures after which a job no longer holds up its group. */
  releaseAfter: number;
  /** Attempts kept of each job. */
  attemptsKept: number;
}

/** A row that is leased. */
export type LeasedRow = Pick<
  Selectable<JobTable>,
  'seq' | 'queue' | 'grp' | 'rank' | 'attempt' | 'failures' | 'failing_since' | 'leased_at'
>;

/** The columns of `LeasedRow`. */
export const leasedColumns = [
  'seq',
  'queue',
  'grp',
  'rank',
  'attempt',
  'failures',
  'failing_since',
  'leased_at',
] as const satisfies (keyof LeasedRow)[];

const maxReasonChars = 1_000;

/** Finds the row of a job that this worker still holds: nobody else has claimed it since. */
export async function findLeased(
  tx: Transaction<DurableTables>,
  { seq, id, attempt }: Pick<Job, 'seq' | 'id' | 'attempt'>,
): Promise<LeasedRow | undefined> {
  return tx
    .selectFrom('job')
    .select(leasedColumns)
    .where('seq', '=', seq)
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('state', '=', 'leased')
    .forUpdate()
    .executeTakeFirst();
}

/** Ends an attempt: records it, moves the job on and lets the next of its group come. */
export async function settleRow(
  tx: Transaction<DurableTables>,
  row: LeasedRow,
  settlement:
    | Exclude<Settlement, { kind: 'park' }>
    | { kind: 'park'; reason: string; availableAt: number },
  rules: FailureRules,
  now: number,
): Promise<void> {
  const reason = 'reason' in settlement ? settlement.reason.slice(0, maxReasonChars) : null;
  await recordAttempt(tx, row, settlement.kind, reason, rules, now);
  if (settlement.kind === 'retry') {
    return fail(tx, row, { reason, afterMs: settlement.afterMs }, rules, now);
  }
  if (settlement.kind === 'park') {
    const standing = await rejoinLine(tx, row, settlement.availableAt, now);
    return move(tx, row, { ...standing, reason });
  }
  await move(tx, row, { state: settlement.kind, due_at: now, settled_at: now, reason });
  await promoteNext(tx, row.queue, row.grp, now);
}

/** Takes back a lease that ran out; it counts as a failure, since the job may be what kills the process. */
export async function settleLost(
  tx: Transaction<DurableTables>,
  row: LeasedRow,
  rules: FailureRules,
  now: number,
): Promise<void> {
  const reason = 'the lease ran out: the process died or hung';
  await recordAttempt(tx, row, 'lost', reason, rules, now);
  await fail(tx, row, { reason, afterMs: undefined }, rules, now);
}

async function fail(
  tx: Transaction<DurableTables>,
  row: LeasedRow,
  { reason, afterMs }: { reason: string | null; afterMs: number | undefined },
  rules: FailureRules,
  now: number,
): Promise<void> {
  const failures = row.failures + 1;
  const failing_since = row.failing_since ?? now;
  const waitMs = rules.backoff({ failures, failingForMs: now - failing_since, afterMs });
  const failed = { failures, failing_since, reason };
  if (waitMs === undefined) {
    await move(tx, row, { ...failed, state: 'dead', due_at: now, settled_at: now });
    return promoteNext(tx, row.queue, row.grp, now);
  }
  if (row.grp !== null && failures >= rules.releaseAfter) {
    await move(tx, row, { ...failed, ...aside(now + waitMs) });
    return promoteNext(tx, row.queue, row.grp, now);
  }
  await move(tx, row, { ...failed, ...(await rejoinLine(tx, row, now + waitMs, now)) });
}

async function move(
  tx: Transaction<DurableTables>,
  { seq }: LeasedRow,
  change: Partial<Selectable<JobTable>>,
): Promise<void> {
  const values = { ...change, leased_at: null };
  await tx.updateTable('job').set(values).where('seq', '=', seq).execute();
}

async function recordAttempt(
  tx: Transaction<DurableTables>,
  { seq, attempt, leased_at }: LeasedRow,
  outcome: AttemptRecord['outcome'],
  reason: string | null,
  { attemptsKept }: FailureRules,
  now: number,
): Promise<void> {
  const started_at = leased_at ?? now;
  await tx
    .insertInto('job_attempt')
    .values({ seq, attempt, started_at, ended_at: now, outcome, reason })
    .execute();
  if (attempt <= attemptsKept) return;
  await tx
    .deleteFrom('job_attempt')
    .where('seq', '=', seq)
    .where('attempt', '<=', attempt - attemptsKept)
    .execute();
}
