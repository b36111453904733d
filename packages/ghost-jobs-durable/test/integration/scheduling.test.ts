import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { startCallee } from '../fixtures/callee.ts';
import { passForGhost } from '../fixtures/ghost-process.ts';

await passForGhost();
const { default: DurableScheduling } = await import('../../src/scheduling.ts');

const folder = mkdtempSync(join(tmpdir(), 'scheduling-'));
const { answers, callback, json, nothing, published, stop, times, unavailable } =
  await startCallee();
afterAll(() => {
  stop();
  rmSync(folder, { recursive: true });
});

let stores = 0;
function start(block: Record<string, unknown> = {}) {
  const scheduling = new DurableScheduling({ file: join(folder, `${stores++}.db`), ...block });
  scheduling.run();
  return scheduling;
}

test('Ghost is called at the time, not before, and once', async () => {
  const { job, callsOf } = callback(700);
  await start().schedule(job);
  await times(callsOf, 1);
  expect(callsOf()[0]?.at).toBeGreaterThanOrEqual(job.time);
  await sleep(1_500);
  expect(callsOf()).toHaveLength(1);
});

test('it is called until it answers, with force once the time is over', async () => {
  const { path, job, callsOf } = callback(200);
  answers.set(path, [unavailable, (response) => response.destroy(), published]);
  await start().schedule(job);
  await times(callsOf, 3);
  expect(JSON.parse(callsOf()[2]?.body ?? '')).toEqual({ force: true });
  await sleep(1_500);
  expect(callsOf()).toHaveLength(3);
});

test('a post that is unscheduled while it is tried is not called for again', async () => {
  const { path, job, callsOf } = callback(100);
  answers.set(path, [unavailable]);
  const scheduling = start();
  await scheduling.schedule(job);
  await times(callsOf, 1);
  await scheduling.unschedule(job);
  const tried = callsOf().length;
  await sleep(3_000);
  expect(callsOf().length).toBeLessThanOrEqual(tried + 1);
});

test('a refused token is had anew through Ghost’s own rescheduling', async () => {
  const { path, job, callsOf } = callback(100, 'expired');
  answers.set(path, [json(401, { errors: [{ code: 'INVALID_JWT' }] }), published]);
  const scheduling = start();
  await scheduling.schedule(job);
  const rescheduleAll = async () => {
    const fresh = { ...job, url: job.url.replace('expired', 'fresh') };
    await scheduling.unschedule(fresh, { bootstrap: true });
    void scheduling.schedule(fresh);
  };
  Object.assign(scheduling, { rescheduleAll });
  await times(callsOf, 2);
  expect(callsOf().map(({ token }) => token)).toEqual(['expired', 'fresh']);
});

test('an empty answer is no publication while Ghost still has the post scheduled', async () => {
  const { path, job, callsOf } = callback(100);
  answers.set(path, [nothing, nothing, published]);
  const scheduling = start();
  await scheduling.schedule(job);
  Object.assign(scheduling, { rescheduleAll: async () => void scheduling.schedule(job) });
  await times(callsOf, 3, 150);
});

test('and is the end of it when Ghost has not', async () => {
  const { path, job, callsOf } = callback(100);
  answers.set(path, [nothing]);
  const scheduling = start();
  await scheduling.schedule(job);
  Object.assign(scheduling, { rescheduleAll: async () => undefined });
  await times(callsOf, 1);
  await sleep(2_500);
  expect(callsOf()).toHaveLength(1);
});

test('without its store it calls from memory', async () => {
  const { job, callsOf } = callback(200);
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  await start({ file: join(file, 'jobs.db') }).schedule(job);
  await times(callsOf, 1);
});

test('the same under another key is the same: it is called once, with the new token', async () => {
  const { job, callsOf } = callback(800, 'old');
  const scheduling = start();
  await scheduling.schedule(job);
  await scheduling.unschedule(job);
  await scheduling.schedule({ ...job, url: job.url.replace('old', 'new') });
  await times(callsOf, 1);
  await sleep(1_500);
  expect(callsOf().map(({ token }) => token)).toEqual(['new']);
});
