import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UnrecoverableError } from '../../src/errors.ts';
import type { Queue } from '../../src/queue/queue.ts';
import { openStore, type Store } from '../../src/store.ts';
import { createBreaker } from '../../src/work/breaker.ts';
import {
  createWorker,
  type Worker,
  type WorkerEvent,
  type WorkerOptions,
} from '../../src/worker.ts';
import { createFakeClock, type FakeClock } from '../fixtures/fake-clock.ts';
import { createGate } from '../fixtures/gate.ts';

const nothing = new Uint8Array();
let folder: string;
let file: string;
let clock: FakeClock;
let store: Store;
let queue: Queue;
let events: WorkerEvent[];
let workers: Worker[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
  file = join(folder, 'worker.db');
  clock = createFakeClock();
  store = await openStore({ file, clock, busyTimeoutMs: 20 });
  queue = store.queue('sink', { backoff: { random: () => 0.5 } });
  events = [];
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) await worker.stop(0);
  await store.close();
  rmSync(folder, { recursive: true });
});

function start(options: Omit<WorkerOptions, 'queue'>): Worker {
  const worker = createWorker({
    queue,
    clock,
    pollMs: 20,
    onEvent: (event) => events.push(event),
    ...options,
  });
  workers.push(worker);
  return worker;
}

const until = (check: () => Promise<unknown>) =>
  vi.waitFor(check, { timeout: 10_000, interval: 5 });
const untilState = (id: string, state: string) =>
  until(async () => expect(await queue.get(id)).toMatchObject({ state }));

test('a target that answers is not down, however many jobs have to be tried again', async () => {
  const breaker = createBreaker({ clock, failuresToOpen: 2 });
  for (let at = 0; at < 5; at++) await queue.add(`refused-${at}`, nothing);
  await queue.add('good', nothing, { rank: 1 });
  start({
    breaker,
    handle: async (job) =>
      job.id === 'good'
        ? { kind: 'done' }
        : { kind: 'retry', reason: 'not yours', afterMs: 60_000, answered: true },
  });
  await untilState('good', 'done');
  expect(breaker.state).toBe('closed');
});

test('a job that is added is handled at once, with no poll in between', async () => {
  start({
    pollMs: 3_600_000,
    clock: { ...clock, sleep: never },
    handle: async () => ({ kind: 'done' }),
  });
  await queue.add('a', nothing);
  await untilState('a', 'done');
});

async function never(_ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
}

test('it handles as many jobs at a time as it may, and one of a group', async () => {
  const { started, handle, open } = createGate();
  for (const id of ['a1', 'a2', 'b1', 'c1', 'd1'])
    await queue.add(id, nothing, { group: id[0] ?? '' });
  start({ handle, concurrency: 3 });
  await until(async () => expect(started).toEqual(['a1', 'b1', 'c1']));
  open();
  await until(async () => expect(await queue.counts()).toEqual({ done: 5 }));
  expect(started.indexOf('a2')).toBeGreaterThan(started.indexOf('a1'));
});

test('an error is a retry, and one that says so a dead letter', async () => {
  start({
    handle: async ({ id, attempt }) => {
      if (id === 'gone') throw new UnrecoverableError('no such recipient');
      if (attempt === 1) throw new Error('connection reset');
      return { kind: 'done' };
    },
  });
  await queue.add('gone', nothing);
  await queue.add('flaky', nothing);
  await untilState('flaky', 'delayed');
  expect(await queue.get('gone')).toMatchObject({ state: 'dead', reason: 'no such recipient' });
  clock.advance(1_000);
  await untilState('flaky', 'done');
});

test('rows of the consumer are written with the result, and a failure to do so is a retry', async () => {
  const count = () => store.db.selectFrom('job_attempt').selectAll().execute();
  start({
    handle: async ({ attempt }) => ({
      kind: 'done',
      also: async (tx) => {
        await tx.updateTable('job').set({ payload: new Uint8Array() }).execute();
        if (attempt === 1) throw new Error('constraint failed');
      },
    }),
  });
  await queue.add('a', new Uint8Array([1]));
  await untilState('a', 'delayed');
  expect(await queue.payload('a')).toEqual(new Uint8Array([1]));
  clock.advance(1_000);
  await untilState('a', 'done');
  expect(await queue.payload('a')).toEqual(new Uint8Array());
  expect(await count()).toHaveLength(2);
});

test('while a target is down it probes with one job at a time, counts no failure and keeps the order', async () => {
  let isDown = true;
  const calls: string[] = [];
  const breaker = createBreaker({ clock, probeMs: 1_000 });
  for (const id of ['first', 'second', 'third']) await queue.add(id, nothing, { group: 'g' });
  start({
    breaker,
    handle: async ({ id }) => {
      calls.push(id);
      return isDown ? { kind: 'down', reason: 'connection refused' } : { kind: 'done' };
    },
  });
  for (const [probes, waitMs] of [
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
  ] as const) {
    await until(async () => expect([calls.length, breaker.state]).toEqual([probes, 'open']));
    await untilState('first', 'delayed');
    clock.advance(waitMs);
  }
  await until(async () => expect(calls).toHaveLength(4));
  expect(await queue.get('first')).toMatchObject({ failures: 0 });
  isDown = false;
  clock.advance(8_000);
  await until(async () => expect(await queue.counts()).toEqual({ done: 3 }));
  expect(calls).toEqual(['first', 'first', 'first', 'first', 'first', 'second', 'third']);
});

test('while the breaker is open and there is no job to probe with, it does not spin', async () => {
  const breaker = createBreaker({ clock });
  let claims = 0;
  const claim: Queue['claim'] = (...args) => {
    claims += 1;
    return queue.claim(...args);
  };
  const counted = { ...queue, claim };
  const asleep = { ...clock, sleep: never };
  const handle = async () => ({ kind: 'done' }) as const;
  workers.push(createWorker({ queue: counted, clock: asleep, breaker, handle }));
  await until(async () => expect(claims).toBe(1));
  breaker.record('down');
  clock.advance(60_000);
  await queue.drop(['unknown'], 'wakes the worker');
  for (let turn = 0; turn < 500; turn++) await setImmediate();
  expect(claims).toBe(2);
  await queue.add('probe', nothing);
  await untilState('probe', 'done');
  expect(breaker.state).toBe('closed');
});

test('a handler that takes longer than a lease keeps its job', async () => {
  const { started, handle, open } = createGate();
  await queue.add('slow', nothing);
  start({ handle, leaseMs: 3_000, concurrency: 2 });
  await until(async () => expect(started).toHaveLength(1));
  for (let seconds = 0; seconds < 10; seconds++) {
    const { dueAt } = (await queue.get('slow')) ?? {};
    clock.advance(1_000);
    await until(async () => expect((await queue.get('slow'))?.dueAt).not.toEqual(dueAt));
  }
  // Longer than the lease at once, as after a suspended machine: it must not take its own job for lost.
  clock.advance(60_000);
  await until(async () =>
    expect((await queue.get('slow'))?.dueAt?.getTime()).toBeGreaterThan(clock.now()),
  );
  open();
  await untilState('slow', 'done');
  expect(started).toEqual(['slow']);
});

test('a job that another process took over is aborted, and its late result refused', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  await queue.add('a', nothing);
  start({
    leaseMs: 3_000,
    handle: async (_job, signal) => {
      signal.addEventListener('abort', () => resolve());
      await aborted;
      return { kind: 'done' };
    },
  });
  await untilState('a', 'leased');
  const other = new DatabaseSync(file);
  other.exec(`update job set attempt = 9`);
  other.close();
  clock.advance(1_000);
  await aborted;
  await until(async () => expect(events).toMatchObject([{ type: 'lease-lost', job: { id: 'a' } }]));
  expect(await queue.get('a')).toMatchObject({ state: 'leased', attempt: 9 });
});

test('stopping lets handlers finish and claims nothing more', async () => {
  const { started, handle, open } = createGate();
  await queue.add('running', nothing);
  await queue.add('waiting', nothing);
  const worker = start({ handle });
  await until(async () => expect(started).toEqual(['running']));
  const stopped = worker.stop();
  open();
  await stopped;
  expect(await queue.counts()).toEqual({ done: 1, ready: 1 });
});

test('stopping aborts handlers that take too long, and releases their jobs without a failure', async () => {
  await queue.add('hangs', nothing);
  await queue.add('listens', nothing);
  const worker = start({
    concurrency: 2,
    handle: ({ id }, signal) =>
      new Promise((_resolve, reject) => {
        if (id === 'listens') signal.addEventListener('abort', () => reject(signal.reason));
      }),
  });
  await until(async () => expect(await queue.counts()).toEqual({ leased: 2 }));
  await worker.stop(1);
  for (const id of ['hangs', 'listens']) {
    expect(await queue.get(id)).toMatchObject({ state: 'ready', failures: 0 });
  }
});

test('while the store is locked it insists, and settles what it did once', async () => {
  let handled = 0;
  const { promise: locked, resolve } = Promise.withResolvers<void>();
  const other = new DatabaseSync(file);
  await queue.add('a', nothing);
  start({
    handle: async () => {
      handled += 1;
      other.exec('begin immediate');
      resolve();
      return { kind: 'done' };
    },
  });
  await locked;
  await until(async () => expect(events.map(({ type }) => type)).toContain('store-failed'));
  other.exec('rollback');
  other.close();
  await untilState('a', 'done');
  expect(handled).toBe(1);
});

test('a job that was done is not released when its result could not be written until the stop', async () => {
  await queue.add('a', nothing);
  const settle = queue.settle.bind(queue);
  vi.spyOn(queue, 'settle').mockImplementation(async (job, settlement, options) => {
    if (settlement.kind === 'done') throw new Error('the disk is full');
    return settle(job, settlement, options);
  });
  const worker = start({ handle: async () => ({ kind: 'done' }) });
  await until(async () => expect(events.map(({ type }) => type)).toContain('store-failed'));
  await worker.stop(1);
  expect(await queue.get('a')).toMatchObject({ state: 'leased' });
});
