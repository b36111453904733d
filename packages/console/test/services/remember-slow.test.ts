import { expect, test, vi } from 'vitest';
import { createSlowAnswers } from '../../src/services/remember-slow.ts';

/** A service that counts: each answer is another number, and takes as long as it is told. */
function counting() {
  let now = 1_000;
  let answers = 0;
  const slow = createSlowAnswers(() => now);
  const service = { tookMs: 100, isDown: false };
  const ask = async () => {
    answers += 1;
    const answer = answers;
    now += service.tookMs;
    if (service.isDown) throw new Error('It is down.');
    return answer;
  };
  return { slow, service, get: () => slow.get('status', ask), pass: (ms: number) => (now += ms) };
}

test('what is answered at once is asked for each time', async () => {
  const { get, service } = counting();
  service.tookMs = 49;
  expect([await get(), await get(), await get()]).toEqual([1, 2, 3]);
});

test('what took long is given again for ten times as long, and then asked for anew behind it', async () => {
  const { get, pass } = counting();
  expect([await get(), await get()]).toEqual([1, 1]);
  pass(1_001);
  expect(await get()).toBe(1);
  await vi.waitFor(async () => expect(await get()).toBe(2));
});

test('what is older than a minute is shown to nobody', async () => {
  const { get, pass } = counting();
  await get();
  pass(60_001);
  expect(await get()).toBe(2);
});

test('a service that is down keeps its last answer for a minute, and then says so', async () => {
  const { get, pass, service } = counting();
  await get();
  service.isDown = true;
  pass(2_000);
  expect([await get(), await get()]).toEqual([1, 1]);
  pass(60_001);
  await expect(get()).rejects.toThrow('It is down.');
});

test('after a change nothing counts that was asked for before', async () => {
  const { slow, get, pass } = counting();
  await get();
  slow.forget();
  expect(await get()).toBe(2);
  const { promise, resolve } = Promise.withResolvers<number>();
  slow.forget();
  const late = slow.get('status', async () => {
    const answer = await promise;
    pass(100);
    return answer;
  });
  slow.forget();
  resolve(41);
  expect(await late).toBe(41);
  expect(await get()).toBe(3);
});
