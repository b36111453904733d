import { afterEach, beforeEach, expect } from 'vitest';
import type { Clock } from '../../src/clock/clock.ts';
import type { AddOptions, AddOutcome, Job, JobState, Settlement } from '../../src/job/job.ts';
import type { Queue, QueueOptions } from '../../src/queue/queue.ts';
import type { Store } from '../../src/store.ts';
import { createFakeClock, type FakeClock } from '../fixtures/fake-clock.ts';

/** Opens a store; with the same `name` it is the same store, opened again. */
export type OpenStore = (name: string, clock: Clock) => Promise<Store>;

export const rules: QueueOptions = {
  backoff: { baseMs: 1_000, budgetMs: 3_600_000, random: () => 0.5 },
  releaseAfter: 3,
  attemptsKept: 4,
};
export const leaseMs = 30_000;
export const retry = { kind: 'retry', reason: 'no answer' } as const satisfies Settlement;

/** A store of its own for each test, with a clock that only moves when told, and words to tell a story in. */
export interface ContractWorld {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly queue: Queue;
  bytes(text: string): Uint8Array;
  add(id: string, options?: AddOptions): Promise<AddOutcome>;
  claimIds(limit?: number): Promise<string[]>;
  claimOne(): Promise<Job>;
  /** Claims the one job that has to come next, and settles it. */
  finish(id: string, settlement?: Settlement): Promise<void>;
  stateOf(id: string): Promise<JobState | undefined>;
  /** Closes the store and opens it again, after something happened meanwhile. */
  reopen(meanwhile: () => void): Promise<void>;
}

export function createContractWorld(openStore: OpenStore): ContractWorld {
  let clock: FakeClock;
  let store: Store;
  let queue: Queue;
  let stores = 0;

  async function open(): Promise<void> {
    store = await openStore(`contract-${stores}`, clock);
    queue = store.queue('sink', rules);
  }

  beforeEach(async () => {
    clock = createFakeClock();
    stores += 1;
    await open();
  });
  afterEach(() => store.close());

  const bytes = (text: string) => new TextEncoder().encode(text);

  async function claimOne(): Promise<Job> {
    const [job] = await queue.claim(1, leaseMs);
    if (job === undefined) throw new Error('There was nothing to claim');
    return job;
  }

  return {
    get clock() {
      return clock;
    },
    get store() {
      return store;
    },
    get queue() {
      return queue;
    },
    bytes,
    add: (id, options) => queue.add(id, bytes(id), options),
    claimIds: async (limit = 10) => (await queue.claim(limit, leaseMs)).map(({ id }) => id),
    claimOne,
    async finish(id, settlement = { kind: 'done' }) {
      const job = await claimOne();
      expect(job.id).toBe(id);
      expect(await queue.settle(job, settlement)).toBe(true);
    },
    stateOf: async (id) => (await queue.get(id))?.state,
    async reopen(meanwhile) {
      await store.close();
      meanwhile();
      await open();
    },
  };
}
