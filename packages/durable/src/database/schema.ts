import type { Generated } from 'kysely';
import type { AttemptRecord, JobState } from '../job/job.ts';

/** The tables of the queue; a store's `Tables` are its consumer's own beside them. Times are ms on the store's clock. */
export interface DurableTables {
  job: JobTable;
  job_payload: JobPayloadTable;
  job_attempt: JobAttemptTable;
  store_clock: StoreClockTable;
  line_lock: LineLockTable;
  /** On SQLite alone. */
  job_count: JobCountTable;
}

/** One row a job, small because every move rewrites it. */
export interface JobTable {
  /** The order of arrival. */
  seq: Generated<number>;
  queue: string;
  id: string;
  state: JobState;
  rank: number;
  /** The group. */
  grp: string | null;
  supersedes: string | null;
  /** Not to be claimed before. */
  available_at: number;
  /** Orders the jobs of a state: when it ends by itself (`delayed`, `aside`, `leased`), when it began (settled states), 0 where the order is that of arrival (`ready`, `waiting`). */
  due_at: number;
  added_at: number;
  leased_at: number | null;
  attempt: Generated<number>;
  failures: Generated<number>;
  failing_since: number | null;
  settled_at: number | null;
  /** The payload when it is small, else null. */
  payload: Uint8Array | null;
  reason: string | null;
}

/** A payload that is too large for the row of its job, which every move rewrites. */
interface JobPayloadTable {
  seq: number;
  large_payload: Uint8Array;
}

/** Append-only: one row an ended attempt, the last ones of each job. */
interface JobAttemptTable {
  seq: number;
  attempt: number;
  started_at: number;
  ended_at: number;
  outcome: AttemptRecord['outcome'];
  reason: string | null;
}

/** Lines share so many rows; more of them mean fewer groups that wait for one another by chance. */
export const lineSlots = 64;

/** Rows to lock, where several processes write; each stands for the lines of many groups. */
interface LineLockTable {
  slot: number;
}

/** How many jobs are in a state, which `keepCounts` has the database keep. */
interface JobCountTable {
  queue: string;
  state: JobState;
  count: number;
}

/** One row: the latest time that was written, so that time never steps back across a restart. */
interface StoreClockTable {
  id: number;
  mark: number;
}
