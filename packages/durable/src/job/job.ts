/** Where a job stands. The table of its moves is in the README. */
export type JobState = (typeof pendingStates)[number] | (typeof settledStates)[number];

/**
 * States of a job that still has to run: `waiting` behind the head of its group, `ready` to be
 * claimed, `delayed` until a time at the head of its group, `aside` until a time without holding up its
 * group, `leased` to a worker.
 */
export const pendingStates = ['waiting', 'ready', 'delayed', 'aside', 'leased'] as const;

/**
 * States of a job that will not run again by itself: `done`, `superseded` by a newer one, `dropped` by a
 * person, `ambiguous` (it may have had its effect), `dead` letter.
 */
export const settledStates = ['done', 'superseded', 'dropped', 'ambiguous', 'dead'] as const;

/** The one job of a group that may run next, or runs. */
export const headStates = ['ready', 'delayed', 'leased'] as const;

/** States that end by themselves at a time. */
export const timedStates = ['delayed', 'aside', 'leased'] as const;

/** Whether a job in this state holds the head of its line. */
export function isHead(state: JobState): boolean {
  return (headStates as readonly JobState[]).includes(state);
}

/** Settled states whose rows are only kept to recognise an id that comes again. */
export const purgeableStates = ['done', 'superseded', 'dropped'] as const;

/** How a job is added. */
export interface AddOptions {
  /** At most one job of a group runs at a time, in the order of rank and arrival. (Default: no group) */
  group?: string;
  /** Smaller runs first, within a group and across groups. Use few values: each costs a seek. (Default: 0) */
  rank?: number;
  /** A new job makes pending ones of the same queue and key needless: they become `superseded`. */
  supersedes?: string;
  /** Not to be claimed before; until then it does not hold up its group. (Default: now) */
  availableAt?: Date;
}

/** `duplicate`: the id is known with the same bytes. `conflict`: with other bytes; the first are kept. */
export type AddOutcome = 'added' | 'duplicate' | 'conflict';

/** A job in the hands of one worker. */
export interface Job {
  readonly seq: number;
  readonly id: string;
  /** The bytes as they were added. */
  readonly payload: Uint8Array;
  readonly group: string | null;
  readonly rank: number;
  /** Counts claims of this job: together with `id` and `seq` the token without which nobody can settle it. */
  readonly attempt: number;
  /** Failures since it was added or replayed. */
  readonly failures: number;
  /** When the first of them happened. */
  readonly failingSince: Date | null;
  readonly addedAt: Date;
}

/** How an attempt at a job ended. */
export type Settlement =
  | { kind: 'done' }
  /** Failed; try again after a backoff, or after exactly `afterMs`. */
  | { kind: 'retry'; reason: string; afterMs?: number }
  /** Not tried or refused for a reason that ends at a known time; no failure is counted. */
  | { kind: 'park'; reason: string; until: Date }
  /** Sent without an answer, and sending again could double it: kept for reconciliation. */
  | { kind: 'ambiguous'; reason: string }
  /** Trying again is useless. */
  | { kind: 'dead'; reason: string };

/** A job as `list` and `get` show it. */
export interface JobRecord extends Omit<Job, 'payload'> {
  readonly state: JobState;
  /** When it may be claimed, or when its lease ends. */
  readonly dueAt: Date | null;
  readonly settledAt: Date | null;
  /** The last reason given, by a settlement, a superseding job or a person. */
  readonly reason: string | null;
}

/** One ended attempt; `lost` is a lease that ran out, because the process died or hung. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly outcome: Settlement['kind'] | 'lost';
  readonly reason: string | null;
}
