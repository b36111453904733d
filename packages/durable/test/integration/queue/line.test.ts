import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, inject, test } from 'vitest';
import {
  isHead,
  type Job,
  type JobRecord,
  pendingStates,
  type Settlement,
} from '../../../src/job/job.ts';
import type { Queue } from '../../../src/queue/queue.ts';
import { openStore } from '../../../src/store.ts';
import { createFakeClock, type FakeClock } from '../../fixtures/fake-clock.ts';

const { soak, seed } = inject('proof');
const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Step =
  | { do: 'add'; group: number; rank: number; key: number; laterMs: number }
  | { do: 'claim'; limit: number }
  | { do: 'settle'; pick: number; kind: Settlement['kind'] }
  | { do: 'pass'; ms: number }
  | { do: 'replay' | 'drop'; pick: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      group: fc.nat(2),
      rank: fc.nat(2),
      key: fc.nat(6),
      laterMs: fc.constantFrom(0, 0, 0, 700),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      pick: fc.nat(),
      kind: fc.constantFrom<Settlement['kind']>(
        'done',
        'retry',
        'retry',
        'park',
        'ambiguous',
        'dead',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(100, 1_000, 6_000, -5_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('replay' as const, 'drop' as const),
      pick: fc.nat(),
    }),
  },
);

/** What must hold of every group after every step. */
function checkLines(jobs: readonly JobRecord[]): void {
  for (const group of new Set(jobs.map((job) => job.group))) {
    const line = jobs.filter((job) => job.group === group);
    const heads = line.filter((job) => isHead(job.state));
    const waiting = line.filter(({ state }) => state === 'waiting');
    expect(heads.length).toBeLessThanOrEqual(1);
    const [head] = heads;
    if (waiting.length > 0) expect(head).toBeDefined();
    if (head === undefined || head.state === 'leased') continue;
    const ahead = waiting.filter(
      ({ rank, seq }) => rank < head.rank || (rank === head.rank && seq < head.seq),
    );
    expect(ahead).toEqual([]);
  }
  for (const job of jobs) expect(job.settledAt === null).toBe(isPending(job));
}

function isPending({ state }: JobRecord): boolean {
  return (pendingStates as readonly string[]).includes(state);
}

async function perform(step: Step, world: World): Promise<void> {
  const { queue, clock, held } = world;
  if (step.do === 'add') {
    const id = `job_${world.added++}`;
    await queue.add(id, new Uint8Array(), {
      group: `g${step.group}`,
      rank: step.rank,
      ...(step.key < 2 ? { supersedes: `k${step.key}` } : {}),
      ...(step.laterMs > 0 ? { availableAt: new Date(clock.now() + step.laterMs) } : {}),
    });
  }
  if (step.do === 'claim') held.push(...(await queue.claim(step.limit, 5_000)));
  if (step.do === 'pass') clock.advance(step.ms);
  if (step.do === 'settle' && held.length > 0) {
    const [job] = held.splice(step.pick % held.length, 1);
    if (job)
      await queue.settle(job, { kind: step.kind, reason: 'x', until: new Date(clock.now() + 900) });
  }
  if (step.do === 'replay') await queue.replay([`job_${step.pick % world.added}`]);
  if (step.do === 'drop') await queue.drop([`job_${step.pick % world.added}`], 'x');
}

function countByState(jobs: readonly JobRecord[]): Record<string, number> {
  const byState = Object.entries(Object.groupBy(jobs, ({ state }) => state));
  return Object.fromEntries(byState.map(([state, of]) => [state, of.length]));
}

interface World {
  queue: Queue;
  clock: FakeClock;
  held: Job[];
  added: number;
}

/** Works through what is left, letting time pass whenever nothing is due. */
async function finishAll({ queue, clock }: World): Promise<void> {
  for (let rounds = 0; rounds < 500; rounds++) {
    const jobs = await queue.claim(10, 5_000);
    for (const job of jobs) await queue.settle(job, { kind: 'done' });
    if (jobs.length > 0) continue;
    const waitMs = await queue.msUntilDue();
    if (waitMs === Number.POSITIVE_INFINITY) return;
    clock.advance(waitMs);
  }
  throw new Error('The queue did not come to an end');
}

test('after any steps each group has one head, the first of its line, and every job comes to an end', async () => {
  let stores = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const clock = createFakeClock();
      await using store = await openStore({ file: join(folder, `${stores++}.db`), clock });
      const rules = { backoff: { baseMs: 1_000, random: () => 0.5 }, releaseAfter: 2 };
      const world: World = { queue: store.queue('sink', rules), clock, held: [], added: 0 };
      for (const each of steps) {
        await perform(each, world);
        const jobs = await world.queue.list({ limit: 1_000 });
        checkLines(jobs);
        expect(await world.queue.counts()).toEqual(countByState(jobs));
      }
      await finishAll(world);
      const counts = await world.queue.counts();
      for (const state of pendingStates) expect(counts[state] ?? 0).toBe(0);
      expect(Object.values(counts).reduce((sum, jobs) => sum + jobs, 0)).toBe(world.added);
    }),
    { seed, numRuns: soak ? 1_000 : 40 },
  );
});
