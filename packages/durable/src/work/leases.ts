import type { Clock } from '../clock/clock.ts';
import type { Job } from '../job/job.ts';
import type { Queue } from '../queue/queue.ts';

/** What one worker holds. */
export interface Leases {
  readonly size: number;
  /** Begins to hold a job; the signal aborts when its lease is lost or given up. */
  hold(job: Job): AbortSignal;
  /** Ends holding a job. */
  drop(job: Job): void;
  /** Tells every handler to come to an end. */
  abortAll(reason: string): void;
  /** The jobs held now. */
  held(): Job[];
  /** Lengthens all leases once a third of their time has passed. */
  renew(): Promise<void>;
  /** Milliseconds until `renew` has something to do. */
  msUntilRenewal(): number;
}

/**
 * Keeps the leases of a worker alive while it works, so that they can be short: a job of a killed
 * process is free again after `leaseMs`, and a handler may still take minutes.
 *
 * A process that was stopped for longer than its leases (a suspended machine, a blocked event loop)
 * does not take back its own jobs: each claim names what is held.
 */
export function createLeases<Tables>(queue: Queue<Tables>, leaseMs: number, clock: Clock): Leases {
  const jobs = new Map<Job, AbortController>();
  let renewedAt = clock.now();

  function msUntilRenewal(): number {
    if (jobs.size === 0) return Number.POSITIVE_INFINITY;
    const sinceMs = clock.now() - renewedAt;
    // A clock that stepped back must not put the renewal off.
    return sinceMs < 0 ? 0 : Math.max(0, leaseMs / 3 - sinceMs);
  }

  return {
    get size() {
      return jobs.size;
    },
    hold(job) {
      if (jobs.size === 0) renewedAt = clock.now();
      const controller = new AbortController();
      jobs.set(job, controller);
      return controller.signal;
    },
    drop: (job) => void jobs.delete(job),
    abortAll(reason) {
      for (const controller of jobs.values()) controller.abort(new Error(reason));
    },
    held: () => [...jobs.keys()],
    async renew() {
      if (msUntilRenewal() > 0) return;
      const before = [...jobs.keys()];
      const held = new Set(await queue.renew(before, leaseMs));
      renewedAt = clock.now();
      for (const job of before) {
        if (!held.has(job)) jobs.get(job)?.abort(new Error('the lease was lost'));
      }
    },
    msUntilRenewal,
  };
}
