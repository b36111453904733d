import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBackoff } from '../../src/job/backoff.ts';

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a wait is never longer than the doubled base, nor than the cap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), unit, (failures, drawn) => {
      const backoff = createBackoff({ baseMs: 1_000, capMs: 600_000, random: () => drawn });
      const waitMs = backoff({ failures, failingForMs: 0 });
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(Math.min(600_000, 1_000 * 2 ** (failures - 1)));
    }),
  );
});

test('the jitter is full: the waits of one failure spread over the whole range', () => {
  const draws = [0, 0.25, 0.5, 0.999];
  const waits = draws.map((drawn) =>
    createBackoff({ baseMs: 1_000, random: () => drawn })({ failures: 4, failingForMs: 0 }),
  );
  expect(waits).toEqual([0, 2_000, 4_000, 7_992]);
});

test('a wait that the target asked for is kept exactly, above the cap as well', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000 }), unit, (afterMs, drawn) => {
      const backoff = createBackoff({ capMs: 10_000, random: () => drawn });
      expect(backoff({ failures: 1, failingForMs: 0, afterMs })).toBe(afterMs);
    }),
  );
});

test('no wait ends beyond the budget', () => {
  const budgetMs = 604_800_000;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 * budgetMs }), unit, (failingForMs, drawn) => {
      const backoff = createBackoff({ budgetMs, random: () => drawn });
      const waitMs = backoff({ failures: 30, failingForMs });
      if (waitMs === undefined) expect(failingForMs + 600_000).toBeGreaterThan(budgetMs);
      else expect(failingForMs + waitMs).toBeLessThanOrEqual(budgetMs);
    }),
  );
});

test('with the defaults a job that always fails is tried some 1,500 to 2,500 times in seven days', () => {
  const backoff = createBackoff();
  let failingForMs = 0;
  let failures = 0;
  for (let waitMs: number | undefined = 0; waitMs !== undefined; failingForMs += waitMs ?? 0) {
    failures += 1;
    waitMs = backoff({ failures, failingForMs });
  }
  expect(failures).toBeGreaterThan(1_500);
  expect(failures).toBeLessThan(2_500);
});
