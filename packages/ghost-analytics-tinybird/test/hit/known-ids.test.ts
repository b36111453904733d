import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKnownIds } from '../../src/hit/known-ids.ts';

test('what was added is known, what was not is not, and each counts once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.uniqueArray(fc.uuid()), (added, others) => {
      const known = createKnownIds(Math.max(1, added.length));
      for (const id of [...added, ...added]) known.add(id);
      expect(known.size).toBe(added.length);
      expect(added.every((id) => known.has(id))).toBe(true);
      const strangers = others.filter((id) => !added.includes(id));
      expect(strangers.some((id) => known.has(id))).toBe(false);
      known.clear();
      expect([known.size, added.some((id) => known.has(id))]).toEqual([0, false]);
    }),
  );
});

test('of more than it has room for the first stay, and asking ends', () => {
  const known = createKnownIds(100);
  for (let id = 0; id < 10_000; id += 1) known.add(String(id));
  expect([known.size, known.has('99'), known.has('100')]).toEqual([100, true, false]);
});
