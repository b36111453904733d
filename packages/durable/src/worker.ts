import type { Transaction } from 'kysely';
import { type Clock, systemClock } from './clock/clock.ts';
import type { DurableTables } from './database/schema.ts';
import { isStoreUnavailable, isUnrecoverable } from './errors.ts';
import type { Job, Settlement } from './job/job.ts';
import type { Queue } from './queue/queue.ts';
import { createBell } from './work/bell.ts';
import { type Breaker, type BreakerEvent, createBreaker } from './work/breaker.ts';
import { createLeases } from './work/leases.ts';

/**
 * How a handler says what became of a job.
 *
 * `down`: the target, not the job, failed. The breaker opens, the job keeps its place and no failure is
 * counted. With `also` the handler writes its own rows in the transaction that settles the job; it is
 * not called when the lease was lost. `answered`: the target works, whatever became of the job, so that the
 * breaker takes this for a success.
 */
export type Result<Tables = unknown> = (
  | Settlement
  | { kind: 'down'; reason: string; afterMs?: number }
) & {
  answered?: true;
  also?: (tx: Transaction<Tables & DurableTables>) => Promise<unknown>;
};

/** What a worker tells about itself, for logs and metrics. */
export type WorkerEvent =
  | { type: 'settled'; job: Job; settlement: Settlement; tookMs: number }
  /** The lease was lost before the result could be written: another claim has the job. */
  | { type: 'lease-lost'; job: Job }
  /** The store could not be used; the worker goes on trying. */
  | { type: 'store-failed'; error: unknown };

/** How a worker is set up. */
export interface WorkerOptions<Tables = unknown> {
  queue: Queue<Tables>;
  /**
   * Does the job. It ends soon after `signal` aborts: the worker stops, or lost the lease. A thrown error
   * is a retry, unless it has `retryable: false`: then the job is dead. It has a timeout of its own.
   */
  handle: (job: Job, signal: AbortSignal) => Promise<Result<Tables>>;
  /** Jobs handled at a time. (Default: 1) */
  concurrency?: number;
  /** Jobs handled at a time by the workers of all processes that have this option. (Default: no limit) */
  concurrencyInAll?: number | undefined;
  /** After so long without renewal a job is free again; see `Leases`. (Default: 30,000) */
  leaseMs?: number;
  /** Shared by workers that call the same target. (Default: one of its own) */
  breaker?: Breaker;
  /** How often to look for what another process added. (Default: 1,000) */
  pollMs?: number;
  /** Where time comes from. (Default: the machine's clock) */
  clock?: Clock;
  /** Told what happens; what it throws is ignored. */
  onEvent?: (event: WorkerEvent) => void;
}

/** A running worker. */
export interface Worker extends AsyncDisposable {
  /** Claims nothing more; lets handlers finish for `graceMs` (default 8,000), then aborts them and releases those that go on. */
  stop(graceMs?: number): Promise<void>;
}

/** How long an aborted handler may take to say what became of its job. */
const abortGraceMs = 1_000;

/** How long to wait before the store is tried again. */
const storeRetryMs = 500;

/** Which event of the breaker a result is: an answer, even a refusal, shows that the target lives. */
const breakerEvents = {
  done: 'success',
  dead: 'success',
  park: 'success',
  retry: 'failure',
  ambiguous: 'failure',
  down: 'down',
} as const satisfies Record<Result['kind'], BreakerEvent>;

/** Starts a worker: claim, handle, settle, until it is stopped. */
export function createWorker<Tables = unknown>(options: WorkerOptions<Tables>): Worker {
  const { queue, handle, concurrency = 1, leaseMs = 30_000, pollMs = 1_000 } = options;
  const clock = options.clock ?? systemClock;
  const breaker = options.breaker ?? createBreaker({ clock });
  const leases = createLeases(queue, leaseMs, clock);
  const bell = createBell(clock);
  const running = new Set<Promise<void>>();
  /** Jobs whose handler has ended, and whose result is not on disk yet. */
  const handled = new Set<Job>();
  const stopWatching = queue.onWork(bell.ring);
  let stopping = false;
  let givenUp = false;

  async function loop(): Promise<void> {
    while (!stopping) {
      try {
        const claimed = await claim();
        if (claimed === 0 && !stopping) await bell.wait(await idleMs());
      } catch (error) {
        tell({ type: 'store-failed', error });
        await bell.wait(storeRetryMs);
      }
    }
  }

  /**
   * A handler that has ended makes room at once: the claim of the next job shares the commit of its result, and comes
   * after it there. Results that the store does not take hold up claims in the end.
   */
  function room(): number {
    const handling = leases.size - handled.size;
    return Math.min(concurrency - handling, 2 * concurrency - leases.size, breaker.allowance());
  }

  async function claim(): Promise<number> {
    await leases.renew();
    // Behind the results of all handlers that end in this turn of the event loop.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const free = room();
    const jobs =
      free > 0 ? await queue.claim(free, leaseMs, leases.held(), options.concurrencyInAll) : [];
    if (jobs.length > 0) breaker.record('probe');
    for (const job of jobs) {
      const work = perform(job, leases.hold(job)).finally(() => {
        leases.drop(job);
        handled.delete(job);
        running.delete(work);
        bell.ring();
      });
      running.add(work);
    }
    return jobs.length;
  }

  async function idleMs(): Promise<number> {
    const waits = [pollMs, leases.msUntilRenewal()];
    // A due job that must not be claimed now is no reason to look again: the loop would spin.
    if (room() > 0) waits.push(await queue.msUntilDue());
    else if (breaker.state === 'open') waits.push(breaker.msUntilProbe());
    return Math.min(...waits);
  }

  async function perform(job: Job, signal: AbortSignal): Promise<void> {
    const startedAt = clock.now();
    const result = await attempt(job, signal);
    const event = result.answered ? 'success' : breakerEvents[result.kind];
    breaker.record(event, result.kind === 'down' ? result.afterMs : undefined);
    const settlement = toSettlement(result);
    const settling = settle(job, settlement, result.also);
    handled.add(job);
    bell.ring();
    const settled = await settling;
    if (settled === undefined) return;
    if (settled) tell({ type: 'settled', job, settlement, tookMs: clock.now() - startedAt });
    else tell({ type: 'lease-lost', job });
  }

  async function attempt(job: Job, signal: AbortSignal): Promise<Result<Tables>> {
    try {
      return await handle(job, signal);
    } catch (error) {
      if (!stopping || !signal.aborted) return failureOf(error);
      return { kind: 'park', reason: 'the worker stopped', until: new Date(clock.now()) };
    }
  }

  function toSettlement(result: Result<Tables>): Settlement {
    if (result.kind !== 'down') return result;
    const until = new Date(clock.now() + breaker.msUntilProbe());
    return { kind: 'park', reason: result.reason, until };
  }

  /** Insists until the store takes it: the effect has happened, so losing the result would double it. */
  async function settle(
    job: Job,
    settlement: Settlement,
    also: Result<Tables>['also'],
  ): Promise<boolean | undefined> {
    while (!givenUp) {
      try {
        return await queue.settle(job, settlement, also ? { also } : {});
      } catch (error) {
        if (also !== undefined && !isStoreUnavailable(error)) {
          return settle(job, failureOf(error), undefined);
        }
        tell({ type: 'store-failed', error });
        await clock.sleep(storeRetryMs);
      }
    }
    return undefined;
  }

  function tell(event: WorkerEvent): void {
    try {
      options.onEvent?.(event);
    } catch {
      // A listener must not be able to end the loop.
    }
  }

  /** Waits until every handler has ended, at most `ms`. */
  async function drained(ms: number): Promise<void> {
    const ended = new AbortController();
    const all = Promise.all(running).then(() => ended.abort());
    await Promise.race([all, clock.sleep(ms, ended.signal)]);
  }

  async function end(graceMs: number): Promise<void> {
    stopping = true;
    stopWatching();
    bell.ring();
    await looping;
    await drained(graceMs);
    leases.abortAll('the worker stops');
    await drained(abortGraceMs);
    givenUp = true;
    for (const job of leases.held()) {
      // Done, but the store would not hear it: let its lease run out, so that the next one knows of the doubt.
      if (handled.has(job)) continue;
      const until = new Date(clock.now());
      await queue
        .settle(job, { kind: 'park', reason: 'released by a worker that stopped', until })
        .catch((error) => tell({ type: 'store-failed', error }));
    }
  }

  const looping = loop();
  let ended: Promise<void> | undefined;

  function stop(graceMs = 8_000): Promise<void> {
    ended ??= end(graceMs);
    return ended;
  }

  return { stop, [Symbol.asyncDispose]: () => stop() };
}

/** What an error thrown by a handler means for its job. */
function failureOf(error: unknown): Settlement {
  const reason = error instanceof Error ? error.message : String(error);
  return { kind: isUnrecoverable(error) ? 'dead' : 'retry', reason };
}
