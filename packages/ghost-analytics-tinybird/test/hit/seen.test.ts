import { expect, test } from 'vitest';
import { createSeen } from '../../src/hit/seen.ts';

test('work is done once for an id within the window, and again after two at the latest', async () => {
  let nowMs = 0;
  let done = 0;
  const once = createSeen({ windowMs: 1_000, now: () => nowMs });
  const work = async () => {
    done += 1;
  };
  expect([await once('a', work), await once('a', work), await once('b', work)]).toEqual([
    true,
    false,
    true,
  ]);
  nowMs = 900;
  await once('late', work);
  nowMs = 1_899;
  expect(await once('late', work)).toBe(false);
  nowMs = 3_000;
  expect([await once('a', work), await once('late', work)]).toEqual([true, true]);
  expect(done).toBe(5);
});

test('after a long silence nothing is remembered', async () => {
  let nowMs = 0;
  const once = createSeen({ windowMs: 1_000, now: () => nowMs });
  await once('a', async () => {});
  nowMs = 2_000;
  expect(await once('a', async () => {})).toBe(true);
});

test('who comes second waits for the first and fails with it; then it may come again', async () => {
  const once = createSeen();
  const first = Promise.withResolvers<void>();
  const both = [once('a', () => first.promise), once('a', async () => {})];
  first.reject(new Error('disk full'));
  for (const each of both) await expect(each).rejects.toThrow('disk full');
  expect(await once('a', async () => {})).toBe(true);
});

test('no more are remembered than may be', async () => {
  const once = createSeen({ max: 10 });
  for (let id = 0; id < 100; id += 1) await once(String(id), async () => {});
  expect(await once('99', async () => {})).toBe(false);
  expect(await once('0', async () => {})).toBe(true);
});
