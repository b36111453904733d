import { createHash, randomUUID } from 'node:crypto';
import {
  createWorker,
  type Job,
  pendingStates,
  type Queue,
  type Result,
  type Worker,
  type WorkerEvent,
} from '@prosora/durable';
import type { Log } from '../config/ghost.ts';
import { JobsError } from '../errors.ts';
import { createStoreTeller } from '../store/tell-of-store.ts';
import { decodeEnvelope, encodeEnvelope, type JobEnvelope } from './envelope.ts';
import { policyOf, waitAfterFailureMs } from './policies.ts';

/** What all lanes of one run of Ghost share. */
export interface Run {
  /** Names it, so that what the run before left is known. */
  id: string;
  startedAt: number;
  /** Ghost's own. Its rejection is a failed delivery. */
  processor: (envelope: JobEnvelope) => Promise<void>;
  log: Log;
  /** Received webmentions that may wait at a time. */
  webmentions: number;
  /** How long a dead process holds its jobs up. */
  leaseMs: number;
  /** Whether other processes work on the same store. */
  isShared: boolean;
}

/** One queue of Ghost's: its jobs in the store, and the worker that hands them to Ghost. */
export interface Lane {
  readonly queue: Queue<never>;
  /** Resolves once the job is on disk. @throws JobsError JOBS_FULL, and what the store throws */
  enqueue(envelope: JobEnvelope): Promise<void>;
  /** Resolves when no job that was accepted here waits for a free place. */
  idle(signal: AbortSignal): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

/** Starts to work on a queue, `concurrency` jobs at a time in all processes together. */
export async function startLane(run: Run, queue: Queue<never>, concurrency: number): Promise<Lane> {
  const { log } = run;
  /** Accepted here, and not yet begun. */
  const fresh = new Set<string>();
  let running = 0;
  let capped = await countPending(queue);
  const tellOfStore = createStoreTeller(log);

  async function handle(job: Job): Promise<Result<never>> {
    fresh.delete(job.id);
    const { by, ...envelope } = decodeEnvelope(job.payload);
    const { tries, rejectedIsDead, holdAfterBootMs = 0 } = policyOf(envelope.type);
    const heldUntil = run.startedAt + holdAfterBootMs;
    if (by !== run.id && Date.now() < heldUntil) {
      const until = new Date(heldUntil);
      return {
        kind: 'park',
        until,
        reason: 'left to Ghost, which takes it up itself after a boot',
        answered: true,
      };
    }
    if (job.failures >= tries) {
      return {
        kind: 'dead',
        reason: `Ghost ended ${job.failures} times in the midst of it`,
        answered: true,
      };
    }
    running += 1;
    try {
      await run.processor(envelope);
      return { kind: 'done', answered: true };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const failures = job.failures + 1;
      if (rejectedIsDead || failures >= tries) return { kind: 'dead', reason, answered: true };
      return { kind: 'retry', reason, afterMs: waitAfterFailureMs(failures), answered: true };
    } finally {
      running -= 1;
    }
  }

  function hear(event: WorkerEvent): void {
    if (event.type === 'settled') {
      const { settlement, job } = event;
      if (settlement.kind === 'done' || settlement.kind === 'dead')
        capped = Math.max(0, capped - 1);
      if (settlement.kind !== 'dead') return;
      const { type } = decodeEnvelope(job.payload);
      log.error(
        `[prosora-jobs] ${type} is a dead letter (${settlement.reason}). "prosora-jobs show ${job.id}" has its attempts, "prosora-jobs replay ${job.id}" tries it again.`,
      );
    } else if (event.type === 'lease-lost') {
      log.warn(
        `[prosora-jobs] Job ${event.job.id} went on for longer than its lease, and may run twice.`,
      );
    } else {
      tellOfStore(event.error);
    }
  }

  const worker: Worker = createWorker<never>({
    queue,
    handle,
    concurrency,
    concurrencyInAll: run.isShared ? concurrency : undefined,
    leaseMs: run.leaseMs,
    onEvent: hear,
  });

  return {
    queue,
    async enqueue(envelope) {
      const { once, capped: isCapped } = policyOf(envelope.type);
      if (isCapped && capped >= run.webmentions) {
        throw new JobsError('JOBS_FULL', `${capped} jobs of type ${envelope.type} wait already.`, {
          statusCode: 429,
          help: 'It is for the sender to come again. `webmentions` in the block of the adapter is the limit.',
        });
      }
      const id = randomUUID();
      fresh.add(id);
      capped += 1;
      try {
        const bytes = encodeEnvelope({ ...envelope, by: run.id });
        await queue.add(id, bytes, once ? { supersedes: likenessOf(envelope) } : {});
      } catch (error) {
        fresh.delete(id);
        capped -= 1;
        throw error;
      }
    },
    async idle(signal) {
      while (!signal.aborted && fresh.size > 0 && running < concurrency) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    stop: (graceMs) => worker.stop(graceMs),
  };
}

/** The same for jobs of which one is enough. */
function likenessOf({ type, payload }: JobEnvelope): string {
  return createHash('sha256').update(`${type}\0${payload}`).digest('hex');
}

async function countPending(queue: Queue<never>): Promise<number> {
  const counts = await queue.counts();
  return pendingStates.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}
