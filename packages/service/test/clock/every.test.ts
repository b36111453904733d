import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { every } from '../../src/index.ts';

const FOREVER_MS = 3_600_000;

function onError(error: unknown): void {
  throw error;
}

test('the first time is now, the next one after the wait', async () => {
  const work = vi.fn(async () => undefined);
  await using _often = every(5, work, onError);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.waitFor(() => expect(work.mock.calls.length).toBeGreaterThan(3));
  const once = vi.fn(async () => undefined);
  await using _seldom = every(FOREVER_MS, once, onError);
  await sleep(20);
  expect(once).toHaveBeenCalledTimes(1);
});

test('work that takes longer than the wait never runs twice at once, and each time is a wait after the last', async () => {
  const waitMs = 30;
  const pauses: number[] = [];
  let endedAt = Number.NaN;
  let isRunning = false;
  async function work(): Promise<void> {
    expect(isRunning).toBe(false);
    pauses.push(performance.now() - endedAt);
    isRunning = true;
    await sleep(3 * waitMs);
    isRunning = false;
    endedAt = performance.now();
  }
  {
    await using _often = every(waitMs, work, onError);
    await vi.waitFor(() => expect(pauses.length).toBeGreaterThan(3));
  }
  expect(pauses.length).toBe(4);
  // A timer of Node's may be a millisecond early.
  expect(Math.min(...pauses.slice(1))).toBeGreaterThan(waitMs - 2);
});

test.each([
  ['rejects', () => Promise.reject(new Error('the disk is full'))],
  [
    'throws',
    () => {
      throw new Error('the disk is full');
    },
  ],
])('work that %s is told of and done again', async (_how, work) => {
  const told: unknown[] = [];
  await using _failing = every(1, work, (error) => void told.push(error));
  await vi.waitFor(() => expect(told.length).toBeGreaterThan(2));
  expect(told[0]).toEqual(new Error('the disk is full'));
});

test('whoever ends it waits for what is under way, and nothing comes after it', async () => {
  const gate = Promise.withResolvers<void>();
  const work = vi.fn(() => gate.promise);
  const working = every(1, work, onError);
  let isOver = false;
  const ending = Promise.resolve(working[Symbol.asyncDispose]()).then(() => {
    isOver = true;
  });
  await sleep(20);
  expect(isOver).toBe(false);
  gate.resolve();
  await ending;
  await sleep(20);
  expect(work).toHaveBeenCalledTimes(1);
});

test('a wait is no reason to wait at the end', async () => {
  const work = vi.fn(async () => undefined);
  const waiting = every(FOREVER_MS, work, onError);
  await waiting[Symbol.asyncDispose]();
  expect(work).toHaveBeenCalledTimes(1);
});
