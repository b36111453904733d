import { ghostRequire, runningGhost } from './config/ghost.ts';
import { parseConfig } from './config/parse-config.ts';
import { JobsError } from './errors.ts';
import type { JobEnvelope } from './lanes/envelope.ts';
import { type Lanes, startLanes } from './lanes/lanes.ts';
import { createRecurring, type Recurring } from './lanes/recurring.ts';
import type { Later } from './lanes/ticks.ts';
import type { JobsOptions } from './options.ts';
import { openWhenPossible } from './store/open-when-possible.ts';
import { isOnMysql, placeOf } from './store/place.ts';
import type { SharedStore } from './store/shared-store.ts';

interface StartOptions {
  processor: (envelope: JobEnvelope) => Promise<void>;
  queues?: Record<string, { concurrency?: number }>;
}

interface Routing {
  queue?: string;
}

interface Started {
  opened: SharedStore;
  lanes: Lanes;
  recurring: Recurring;
}

/** Ghost's own: only a subclass of it is a jobs adapter. */
const { JobsBackendBase } = ghostRequire()('@tryghost/adapter-base-jobs') as {
  JobsBackendBase: new () => { readonly requiredFns: readonly string[] };
};

/**
 * Ghost's jobs adapter: an accepted job is on disk, and is delivered until it is done or a dead letter.
 *
 * Ghost boots without its store too; what it would enqueue is refused meanwhile.
 */
export default class DurableJobs extends JobsBackendBase {
  readonly #options: JobsOptions;
  #stopping: AbortController | undefined;
  #started: Started | undefined;
  #isStopped = false;
  /** Recurring jobs that wait for the store. */
  #planned: [JobEnvelope, string, string | undefined][] = [];

  /** Called by Ghost at boot. @throws JobsError JOBS_CONFIG_INVALID with every problem at once */
  static validate(config: unknown): void {
    placeOf(parseConfig(config), runningGhost());
  }

  /** @param config the adapter's block in Ghost's config. @throws JobsError JOBS_CONFIG_INVALID */
  constructor(config?: unknown) {
    super();
    this.#options = parseConfig(config);
  }

  /** @throws JobsError JOBS_CONFIG_INVALID when a queue is declared with a concurrency that cannot be met */
  async start({ processor, queues = {} }: StartOptions): Promise<void> {
    const concurrencies = new Map<string, number>();
    for (const [name, { concurrency = this.#options.concurrency }] of Object.entries(queues)) {
      if (!Number.isInteger(concurrency) || concurrency < 1 || name.length > 50) {
        throw new JobsError(
          'JOBS_CONFIG_INVALID',
          `Queue ${JSON.stringify(name)} cannot have the concurrency ${JSON.stringify(concurrency)}: expected a whole number, 1 or more, and a name of at most 50 letters.`,
        );
      }
      concurrencies.set(name, concurrency);
    }
    const ghost = runningGhost();
    const isShared = isOnMysql(this.#options, ghost);
    this.#isStopped = false;
    this.#stopping = new AbortController();
    const opening = {
      place: placeOf(this.#options, ghost),
      log: ghost.log,
      signal: this.#stopping.signal,
    };
    await openWhenPossible(opening, async (opened) => {
      const lanes = await startLanes({
        ...this.#options,
        store: opened.store,
        concurrencies,
        processor,
        log: ghost.log,
        isShared,
        // Alone, only its own earlier run can have left a lease: no other has to be given time.
        leaseMs: isShared ? 30_000 : 10_000,
      });
      const later = ghost.require('@breejs/later') as Later;
      const recurring = createRecurring({ store: opened.store, lanes, later, log: ghost.log });
      this.#started = { opened, lanes, recurring };
      for (const planned of this.#planned.splice(0)) await recurring.schedule(...planned);
    });
  }

  /** Resolves once the job is on disk. @throws JobsError JOBS_NOT_READY, JOBS_FULL; StoreUnavailableError */
  async enqueue(envelope: JobEnvelope, routing?: Routing): Promise<void> {
    if (this.#isStopped) return;
    if (this.#started === undefined) throw notReady(envelope);
    await this.#started.lanes.enqueue(envelope, routing?.queue);
  }

  async scheduleRecurring(
    envelope: JobEnvelope,
    { cron }: { cron: string },
    routing?: Routing,
  ): Promise<void> {
    if (this.#stopping === undefined) throw notReady(envelope);
    if (this.#started) await this.#started.recurring.schedule(envelope, cron, routing?.queue);
    else this.#planned.push([envelope, cron, routing?.queue]);
  }

  /** Lets what runs come to an end for so long; the rest is delivered after the next boot. */
  async shutdown({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<void> {
    const started = this.#started;
    this.#isStopped = true;
    this.#stopping?.abort();
    this.#stopping = undefined;
    this.#started = undefined;
    this.#planned = [];
    if (started === undefined) return;
    started.recurring.stop();
    await started.lanes.stop(timeoutMs);
    await started.opened.release();
  }
}

function notReady({ type }: JobEnvelope): JobsError {
  return new JobsError(
    'JOBS_NOT_READY',
    `The job ${type} cannot be kept now, and is not accepted.`,
    {
      statusCode: 503,
      help: "Ghost's log says why the store of the jobs cannot be used.",
    },
  );
}
