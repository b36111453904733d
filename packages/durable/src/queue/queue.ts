import type { Kysely, Transaction } from 'kysely';
import type { StoreClock } from '../clock/store-clock.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { DurableTables } from '../database/schema.ts';
import { type BackoffOptions, createBackoff } from '../job/backoff.ts';
import type {
  AddOptions,
  AddOutcome,
  AttemptRecord,
  Job,
  JobRecord,
  JobState,
  Settlement,
} from '../job/job.ts';
import { addJob } from './add.ts';
import { claimJobs, nextDueAt } from './claim.ts';
import {
  countJobs,
  getJob,
  getPayload,
  type ListOptions,
  listAttempts,
  listJobs,
  oldestPending,
} from './inspect.ts';
import { holdLine } from './line.ts';
import { dropJobs, purgeJobs, replayJobs } from './operate.ts';
import { renewLeases } from './renew.ts';
import { type FailureRules, findLeased, settleRow } from './settle.ts';

/** The rules of one queue. */
export interface QueueOptions {
  /** Waits between failed attempts and the budget after which a job is dead. */
  backoff?: BackoffOptions;
  /** Failures after which a job steps aside, so that its group goes on without it. (Default: 5) */
  releaseAfter?: number;
  /** Attempts kept of each job. (Default: 20) */
  attemptsKept?: number;
}

/** A transaction to do it in; without one it has its own, shared with others of the same moment. */
export interface Within<Tables> {
  tx?: Transaction<Tables & DurableTables>;
}

/** Which of the named jobs are meant. */
export interface OperateOptions<Tables> extends Within<Tables> {
  /** Those that are in one of these states still, once nobody else can change it; names of others find none. */
  among?: readonly string[] | undefined;
}

/** How a job is settled. */
export interface SettleOptions<Tables> extends Within<Tables> {
  /** Writes the consumer's rows in the same transaction, unless the lease was lost. */
  also?: (tx: Transaction<Tables & DurableTables>) => Promise<unknown>;
}

/** A named queue. Each promise resolves after the commit, or with `tx` inside of the caller's. */
export interface Queue<Tables = unknown> {
  readonly name: string;
  /** Adds a job once by its id; a second call with the id changes nothing and says so. */
  add(id: string, payload: Uint8Array, options?: AddOptions & Within<Tables>): Promise<AddOutcome>;
  /**
   * Leases up to `limit` jobs in the order (rank, arrival), at most one of a group. Leases that ran out
   * are taken back first, except those of `held`: jobs the caller still works on. With `inAll`, no more than so
   * many are leased at a time by all processes together.
   */
  claim(limit: number, leaseMs: number, held?: readonly Job[], inAll?: number): Promise<Job[]>;
  /** Lengthens leases to `leaseMs` from now; returns the jobs that are still held. */
  renew(jobs: readonly Job[], leaseMs: number): Promise<Job[]>;
  /** Ends an attempt. `false`: the lease was lost to another claim and nothing has changed. */
  settle(job: Job, settlement: Settlement, options?: SettleOptions<Tables>): Promise<boolean>;
  /** Milliseconds until a claim could find more than now, `Infinity` when nothing is planned. */
  msUntilDue(): Promise<number>;
  /** Calls back after anything of this process that may have made a job ready; returns how to end it. */
  onWork(listener: () => void): () => void;

  get(id: string): Promise<JobRecord | undefined>;
  payload(id: string): Promise<Uint8Array | undefined>;
  list(options?: ListOptions): Promise<JobRecord[]>;
  attempts(id: string): Promise<AttemptRecord[]>;
  /** How many jobs are in each state that has one. */
  counts(): Promise<Partial<Record<JobState, number>>>;
  /** When the oldest job that still has to run was added. */
  oldestPending(): Promise<Date | undefined>;
  /** Lets jobs run again now, settled ones too; returns the ids that could. */
  replay(ids: readonly string[], options?: OperateOptions<Tables>): Promise<string[]>;
  /** Takes jobs out for good; returns the ids that could be. */
  drop(ids: readonly string[], reason: string, options?: OperateOptions<Tables>): Promise<string[]>;
  /** Deletes up to `limit` (default 1,000) done, superseded and dropped jobs settled before a time; returns how many. */
  purge(before: Date, limit?: number): Promise<number>;
}

/** What the statements of a queue need from its store. */
export interface StoreInside {
  readonly db: Kysely<DurableTables>;
  readonly clock: StoreClock;
  readonly commits: GroupCommit<DurableTables>;
  /** Wakes the workers of a queue after the running transaction. */
  touch(queue: string): void;
  /** Calls `listener` whenever a queue was touched; returns how to end that. */
  onTouched(queue: string, listener: () => void): () => void;
}

/** Binds the statements to one queue of a store; `store.queue(name)` is how a consumer gets it. */
export function createQueue<Tables>(
  { db, clock, commits, touch, onTouched }: StoreInside,
  name: string,
  options: QueueOptions = {},
): Queue<Tables> {
  const rules: FailureRules = {
    backoff: createBackoff(options.backoff),
    releaseAfter: options.releaseAfter ?? 5,
    attemptsKept: options.attemptsKept ?? 20,
  };

  async function write<T>(
    { tx }: Within<Tables>,
    work: (tx: Transaction<DurableTables>) => Promise<T>,
  ): Promise<T> {
    const touching = (inside: Transaction<DurableTables>) => {
      touch(name);
      return work(inside);
    };
    // The consumer's transaction knows more tables; these statements use only the queue's.
    if (tx !== undefined) return touching(tx as unknown as Transaction<DurableTables>);
    return commits.run(touching);
  }

  function reading() {
    commits.assertOutside();
    return db;
  }

  return {
    name,
    async add(id, payload, { tx, availableAt, ...job } = {}) {
      return write(tx ? { tx } : {}, (inside) => {
        const now = clock.now();
        const at = availableAt ? clock.fromDate(availableAt) : now;
        return addJob(inside, { ...job, queue: name, id, payload, availableAt: at, now });
      });
    },
    claim: (limit, leaseMs, held = [], inAll) =>
      commits.run((tx) =>
        claimJobs(tx, { queue: name, limit, inAll, leaseMs, held, rules, clock }),
      ),
    renew: (jobs, leaseMs) => commits.run((tx) => renewLeases(tx, jobs, clock.now() + leaseMs)),
    settle: (job, settlement, { also, ...within } = {}) =>
      write(within, async (tx) => {
        await holdLine(tx, name, job.group);
        const row = await findLeased(tx, job);
        if (row === undefined) return false;
        const ending =
          settlement.kind === 'park'
            ? { ...settlement, availableAt: clock.fromDate(settlement.until) }
            : settlement;
        await settleRow(tx, row, ending, rules, clock.now());
        await also?.(tx as unknown as Transaction<Tables & DurableTables>);
        return true;
      }),
    async msUntilDue() {
      const due = await nextDueAt(reading(), name);
      return due === undefined ? Number.POSITIVE_INFINITY : Math.max(0, due - clock.now());
    },
    onWork: (listener) => onTouched(name, listener),

    get: async (id) => getJob(reading(), clock, name, id),
    payload: async (id) => getPayload(reading(), name, id),
    list: async (listOptions = {}) => listJobs(reading(), clock, name, listOptions),
    attempts: async (id) => listAttempts(reading(), clock, name, id),
    counts: async () => (await countJobs(reading(), { queues: [name] }))[name] ?? {},
    oldestPending: async () => oldestPending(reading(), clock, name),
    replay: (ids, { among, ...within } = {}) =>
      write(within, (tx) => replayJobs(tx, { queue: name, ids, among }, clock.now())),
    drop: (ids, reason, { among, ...within } = {}) =>
      write(within, (tx) => dropJobs(tx, { queue: name, ids, among }, reason, clock.now())),
    purge: (before, limit = 1_000) =>
      commits.run((tx) => purgeJobs(tx, name, clock.fromDate(before), limit)),
  };
}
