import { createWorker, type Job, type Queue, type Result, settledStates } from '@prosora/durable';
import type { Log } from '../config/ghost.ts';
import { CALLBACKS, type JobStore } from '../store/tables.ts';
import { createStoreTeller } from '../store/tell-of-store.ts';
import type { Asking } from './asking.ts';
import { callGhost } from './call-ghost.ts';
import { type Callback, decodeCallback, encodeCallback } from './callback.ts';

/** How long a boot may take until Ghost has asked for all that it still wants. */
export const BOOT_MS = 60_000;

/** A dead process holds its callbacks up for so long, and a post is not to be late by more. */
const leaseMs = 10_000;

/** Calls at a time: they are calls to this very process. */
const concurrency = 5;

const dayMs = 86_400_000;

/** How the keeper is set up. */
export interface KeeperOptions {
  store: JobStore;
  /** What Ghost asked this process for, with its tokens. The rest is of before, or no longer wanted. */
  known: Map<string, Callback>;
  asking: Asking;
  timeoutMs: number;
  keepDays: number;
  startedAt: number;
  log: Log;
  /** Hears whether the store can be used. */
  onStore: (works: boolean) => void;
}

/** Keeps callbacks in the store, and calls Ghost when they are due until it has answered. */
export interface Keeper {
  keep(callback: Callback): Promise<void>;
  forget(callback: Callback): Promise<void>;
  /** Whether callbacks wait of which this process has no token. */
  hasStrange(): Promise<boolean>;
}

/** Starts to work. Nothing ends it but the process: Ghost tells no scheduler that it stops. */
export function startKeeper(options: KeeperOptions): Keeper {
  const { store, known, asking, log, timeoutMs, startedAt } = options;
  const queue = store.queue(CALLBACKS) as unknown as Queue<never>;

  async function handle(job: Job, signal: AbortSignal): Promise<Result<never>> {
    const { time } = decodeCallback(job.payload);
    // The clock of the store never steps back, and Ghost goes by the one on the wall.
    if (Date.now() < time) return park(time, 'the clock was set back');
    if (!known.has(job.id)) {
      const bootEnds = startedAt + BOOT_MS;
      if (Date.now() < bootEnds) return park(bootEnds, 'Ghost has not asked for it since its boot');
      await asking.ask();
    }
    const callback = known.get(job.id);
    if (callback === undefined) return done;
    const answer = await callGhost(callback, signal, timeoutMs);
    if (answer.kind === 'done') {
      if (job.failures > 0) tellLate(job, time);
      known.delete(job.id);
      return done;
    }
    if (answer.kind === 'nothing' || answer.kind === 'token') {
      // Whatever Ghost asks for again it has not done, and its token is new.
      if (await asking.isStillWanted(job.id)) return retry(job, unheard[answer.kind]);
      known.delete(job.id);
      return done;
    }
    // Unscheduled while it was tried.
    return known.has(job.id) ? retry(job, answer.reason) : done;
  }

  function tellLate(job: Job, time: number): void {
    const seconds = Math.round((Date.now() - time) / 1_000);
    log.warn(`[prosora-jobs] ${job.id} was done at attempt ${job.attempt}, ${seconds} s late.`);
  }

  const tellOfStore = createStoreTeller(log);
  createWorker<never>({
    queue,
    handle,
    concurrency,
    leaseMs,
    onEvent(event) {
      options.onStore(event.type !== 'store-failed');
      if (event.type === 'store-failed') {
        tellOfStore(event.error);
      } else if (event.type === 'settled' && event.settlement.kind === 'dead') {
        const { job, settlement } = event;
        log.error(
          `[prosora-jobs] ${job.id} is given up (${settlement.reason}). Ghost asks for it again at its next boot.`,
        );
      }
    },
  });
  setInterval(() => {
    void queue.purge(new Date(Date.now() - options.keepDays * dayMs)).catch(() => undefined);
  }, 600_000).unref();

  return {
    keep: (callback) =>
      store.transaction(async (tx) => {
        const { id, time } = callback;
        const bytes = encodeCallback(callback);
        const within = { tx: tx as never };
        const added = await queue.add(id, bytes, { availableAt: new Date(time), ...within });
        if (added === 'added') return;
        const { state } = await tx
          .selectFrom('job')
          .select('state')
          .where('queue', '=', CALLBACKS)
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        // Ghost asks for what it has not done, whatever is said of it here.
        const isOver = (settledStates as readonly string[]).includes(state);
        const isDue = time <= Date.now() && state !== 'leased';
        if (isOver || isDue) await queue.replay([id], within);
      }),
    async forget({ id }) {
      await queue.drop([id], 'unscheduled in Ghost');
    },
    async hasStrange() {
      const waiting = await queue.list({ states: ['delayed', 'aside', 'ready'], limit: 10_000 });
      return waiting.some(({ id }) => !known.has(id));
    },
  };
}

const unheard = {
  token: 'Ghost did not take the token, and gave a new one',
  nothing: 'Ghost found nothing to do, and still asks for it',
};

const done: Result<never> = { kind: 'done', answered: true };

const park = (until: number, reason: string): Result<never> => ({
  kind: 'park',
  until: new Date(until),
  reason,
  answered: true,
});

/** 1 s, 2 s, 4 s, … 30 s: a restart takes seconds, and a post waits. */
const retry = ({ failures }: Job, reason: string): Result<never> => ({
  kind: 'retry',
  reason,
  afterMs: Math.min(30_000, 1_000 * 2 ** failures),
  answered: true,
});
