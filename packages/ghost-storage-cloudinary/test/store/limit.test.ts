import { expect, test } from 'vitest';
import { createLimit } from '../../src/store/limit.ts';

test('work waits for a free place, in the order in which it came', async () => {
  const limit = createLimit(2);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
  const begun: number[] = [];
  const done = gates.map(({ promise }, index) =>
    limit(() => {
      begun.push(index);
      return promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  gates[1]?.resolve(1);
  await done[1];
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  for (const [index, gate] of gates.entries()) gate.resolve(index);
  expect(await Promise.all(done)).toEqual([0, 1, 2, 3]);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('work that fails gives its place to the next', async () => {
  const limit = createLimit(1);
  const failing = limit(() => Promise.reject(new Error('No.')));
  const next = limit(async () => 'done');
  await expect(failing).rejects.toThrow('No.');
  expect(await next).toBe('done');
});
