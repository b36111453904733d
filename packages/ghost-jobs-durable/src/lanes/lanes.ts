import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JobStore, knownLanes, laneQueue } from '../store/tables.ts';
import type { JobEnvelope } from './envelope.ts';
import { type Lane, type Run, startLane } from './lane.ts';

/** Where jobs go that name no queue; Ghost keeps the name for it. */
const DEFAULT_LANE = 'default';

/** All queues of one run of Ghost. */
export interface Lanes {
  enqueue(envelope: JobEnvelope, queue: string | undefined): Promise<void>;
  /** The lane that a queue's jobs go to: a queue that nobody declared has none of its own. */
  of(queue: string | undefined): Lane;
  /** Lets what runs come to an end, and leaves the rest for the next boot. */
  stop(timeoutMs: number): Promise<void>;
}

/** How lanes are set up. */
export interface LanesOptions extends Omit<Run, 'id' | 'startedAt'> {
  store: JobStore;
  /** Ghost's declarations. */
  concurrencies: ReadonlyMap<string, number>;
  /** For queues without one. */
  concurrency: number;
  keepDays: number;
}

/** Webmentions are from strangers: what is done of them must not fill the disk. */
const keepWebmentionsMs = 3_600_000;
const dayMs = 86_400_000;

/** Starts a lane for each queue that is declared, and for those of which jobs are left. */
export async function startLanes(options: LanesOptions): Promise<Lanes> {
  const { store, concurrencies, concurrency } = options;
  const run: Run = { ...options, id: randomUUID(), startedAt: Date.now() };
  const names = new Set([DEFAULT_LANE, ...concurrencies.keys(), ...(await knownLanes(store))]);
  const lanes = new Map<string, Lane>();
  for (const name of names) {
    const queue = store.queue(laneQueue(name)) as unknown as Lane['queue'];
    lanes.set(name, await startLane(run, queue, concurrencies.get(name) ?? concurrency));
  }
  const of = (name = DEFAULT_LANE) => lanes.get(name) ?? (lanes.get(DEFAULT_LANE) as Lane);

  async function purge(): Promise<void> {
    for (const [name, { queue }] of lanes) {
      const keptMs = name === 'webmentions' ? keepWebmentionsMs : options.keepDays * dayMs;
      while ((await queue.purge(new Date(Date.now() - keptMs))) === 1_000);
    }
  }
  const purging = setInterval(() => void purge().catch(() => undefined), 600_000);
  purging.unref();

  return {
    of,
    enqueue: (envelope, queue) => of(queue).enqueue(envelope),
    async stop(timeoutMs) {
      clearInterval(purging);
      const endsAt = Date.now() + timeoutMs;
      const timeout = new AbortController();
      const idle = Promise.all([...lanes.values()].map((lane) => lane.idle(timeout.signal)));
      await Promise.race([
        idle,
        sleep(timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined),
      ]);
      timeout.abort();
      // The worker takes a second more for those that it gives up.
      const graceMs = Math.max(0, endsAt - Date.now() - 1_000);
      await Promise.all([...lanes.values()].map((lane) => lane.stop(graceMs)));
    },
  };
}
