import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dueAt } from '../../src/changes/debounce.ts';

const RULES = { quietMs: 1_000, longestMs: 15_000 };

/** When each gathering of these changes is purged, and which changes are in it. */
function gatherings(times: readonly number[]): { dueAt: number; changes: number[] }[] {
  const all: { dueAt: number; changes: number[] }[] = [];
  for (const at of times) {
    const last = all.at(-1);
    if (last === undefined || at >= last.dueAt)
      all.push({ dueAt: dueAt(at, undefined, RULES), changes: [at] });
    else {
      last.changes.push(at);
      last.dueAt = dueAt(at, last.changes[0], RULES);
    }
  }
  return all;
}

test('no change waits longer than it may, and no purge comes before the last change of its gathering', () => {
  const times = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, (given) => {
      for (const { dueAt: due, changes } of gatherings(given.toSorted((a, b) => a - b))) {
        const [first = 0] = changes;
        const last = changes.at(-1) ?? 0;
        expect(due).toBeLessThanOrEqual(first + RULES.longestMs);
        expect(due).toBeGreaterThanOrEqual(last);
        expect(due).toBeLessThanOrEqual(last + RULES.quietMs);
      }
    }),
  );
});

test('500 changes in a minute are five purges at most', () => {
  const times = Array.from({ length: 500 }, (_, index) => index * 120);
  expect(gatherings(times).length).toBeLessThanOrEqual(5);
});

test('one change alone waits for the quiet and no longer', () => {
  expect(gatherings([0, 20_000]).map(({ dueAt: due }) => due)).toEqual([1_000, 21_000]);
});
