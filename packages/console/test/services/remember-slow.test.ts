import { expect, test } from 'vitest';
import { createSlowAnswers } from '../../src/services/remember-slow.ts';

/** A service that counts: each answer is another number, and takes as long as it is told. */
function counting() {
  let now = 1_000;
  let answers = 0;
  const slow = createSlowAnswers(() => now);
  const service: { tookMs: number; code?: string; isHeld?: Promise<void> } = { tookMs: 100 };
  const ask = async () => {
    answers += 1;
    const answer = answers;
    await service.isHeld;
    now += service.tookMs;
    if (service.code) throw Object.assign(new Error('Said by a test.'), { code: service.code });
    return answer;
  };
  const behind = () => new Promise((resolve) => setImmediate(resolve));
  const pass = (ms: number) => {
    now += ms;
  };
  return { slow, service, asks: () => answers, get: () => slow.get('status', ask), pass, behind };
}

test('what is answered at once is asked for each time', async () => {
  const { get, service } = counting();
  service.tookMs = 49;
  expect([await get(), await get(), await get()]).toEqual([1, 2, 3]);
});

test('what took long is given again for ten times as long, and then asked for anew behind it', async () => {
  const { get, pass, asks, behind } = counting();
  await get();
  pass(999);
  expect(await get()).toBe(1);
  await behind();
  expect(asks()).toBe(1);
  pass(2);
  expect(await get()).toBe(1);
  await behind();
  expect(await get()).toBe(2);
});

test('however many look, one asks', async () => {
  const { get, pass, asks, service } = counting();
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  const { promise, resolve } = Promise.withResolvers<void>();
  service.isHeld = promise;
  pass(1_001);
  expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1]);
  expect(asks()).toBe(2);
  resolve();
});

test('what is older than a minute is shown to nobody, and what takes seconds is asked for before', async () => {
  const { get, pass, service, asks, behind } = counting();
  service.tookMs = 7_000;
  await get();
  pass(30_001);
  expect(await get()).toBe(1);
  await behind();
  expect(asks()).toBe(2);
  pass(60_001);
  expect(await get()).toBe(3);
});

test('a service without an answer keeps its last one for a minute, and one that does not run keeps none', async () => {
  const { get, pass, service, behind } = counting();
  await get();
  service.code = 'UNANSWERED';
  pass(2_000);
  await get();
  await behind();
  expect(await get()).toBe(1);
  await behind();
  service.code = 'NOT_RUNNING';
  await get();
  await behind();
  await expect(get()).rejects.toThrow('Said by a test.');
});

test('after a change nothing counts that was asked for before', async () => {
  const { slow, get, service, behind } = counting();
  await get();
  slow.forget();
  expect(await get()).toBe(2);
  const { promise, resolve } = Promise.withResolvers<void>();
  service.isHeld = promise;
  slow.forget();
  const late = get();
  slow.forget();
  resolve();
  expect(await late).toBe(3);
  await behind();
  expect(await get()).toBe(4);
});
